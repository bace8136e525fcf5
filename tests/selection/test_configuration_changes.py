"""A changed configuration is told key by key, by value; what may be secret is not shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Category, Severity
from reconciler.selection.changes import ManifestChanges, find_changes
from tests.cli.project import Project, settings
from tests.repositories import CONFIGURATION, GitFolder, customer_id, make_repository, manifest

if TYPE_CHECKING:
    from pathlib import Path

BEFORE: Final = (
    CONFIGURATION
    + """\
stateDir: .reconciler
partnerCenter:
  tenantId: contoso.example
  requestsPerMinute: 480
policy:
  permit: [Education, StateOwnedEntity]
  maxCreates: 25
"""
)


@pytest.fixture
def repository(tmp_path: Path) -> GitFolder:
    made = make_repository(tmp_path / "repository")
    made.write("reconciler.yaml", BEFORE)
    made.write("customers/one.yaml", manifest(1))
    made.commit()
    made.branch("change")
    return made


def changes_to(repository: GitFolder, after: str) -> ManifestChanges:
    repository.write("reconciler.yaml", after)
    return find_changes(repository.desired(), "main", repository.places())


def messages(changes: ManifestChanges) -> list[str]:
    return [finding.message for finding in changes.findings]


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [
        ("maxCreates: 25", "maxCreates: 9999", "policy.maxCreates was 25, is 9999", 10),
        ("  maxCreates: 25\n", "", "policy.maxCreates was 25, is not set", 8),
        (
            "[Education, StateOwnedEntity]",
            "[Education]",
            'policy.permit was ["Education", "StateOwnedEntity"], is ["Education"]',
            9,
        ),
        (
            "  maxCreates: 25",
            "  maxCreates: 25\n  failOn: []",
            "policy.failOn was not set, is []",
            11,
        ),
        (
            "  tenantId: contoso.example",
            "  tenantId: contoso.example\n  endpoint: http://127.0.0.1:8085",
            'partnerCenter.endpoint was not set, is "http://127.0.0.1:8085"',
            7,
        ),
        (
            "tenantId: contoso.example",
            "tenantId: fabrikam.example",
            'partnerCenter.tenantId was "contoso.example", is "fabrikam.example"',
            6,
        ),
        ("stateDir: .reconciler", "stateDir: elsewhere", 'stateDir was ".reconciler", is', 4),
        ("[customers/]", "[customers]", 'manifests was ["customers/"], is ["customers"]', 3),
        ("tenantId: contoso.example", "tenantId: contoso.ex\u0430mple", r"ex\u0430mple", 6),
    ],
)
def test_a_changed_key_is_told_with_both_values(
    repository: GitFolder, old: str, new: str, message: str, line: int
) -> None:
    """At the key's line, or that of what is around it; without a customer, as an advisory."""
    changes = changes_to(repository, BEFORE.replace(old, new))
    [finding] = changes.findings
    assert message in finding.message
    assert finding.source is not None
    assert (finding.source.file, finding.source.line) == ("reconciler.yaml", line)
    assert (finding.rule, finding.customer_id) == ("configuration-changed", None)
    assert (finding.category, finding.severity) == (Category.ADVISORY, Severity.WARNING)
    assert changes.changed is None


@pytest.mark.parametrize(
    "after",
    [
        "# mine\n" + BEFORE,
        BEFORE.replace("25", "0x19").replace(".reconciler", "'.reconciler'"),
        BEFORE.replace("[customers/]", "\n  - customers/"),
    ],
)
def test_another_spelling_of_the_same_values_is_no_finding(
    repository: GitFolder, after: str
) -> None:
    """The file did change, so all is planned; but there is no value to look at."""
    changes = changes_to(repository, after)
    assert changes.findings == ()
    assert changes.note == "full plan: reconciler.yaml changed since the merge base with main"


def test_every_changed_key_is_told(repository: GitFolder) -> None:
    """The keys that follow a changed one are looked at as well."""
    after = (
        BEFORE.replace("25", "26").replace("480", "9").replace("stateDir: .rec", "stateDir: rec")
    )
    told = messages(changes_to(repository, after))
    assert [message.split()[0] for message in told] == [
        "stateDir",
        "partnerCenter.requestsPerMinute",
        "policy.maxCreates",
    ]


def test_of_a_new_configuration_every_key_is_told(repository: GitFolder) -> None:
    """Defaults held before, so all that it says is a change."""
    repository.git("switch", "--quiet", "main")
    repository.git("rm", "--quiet", "reconciler.yaml")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "configured")
    changes = changes_to(repository, CONFIGURATION)
    assert 'manifests was not set, is ["customers/"]' in messages(changes)
    assert changes.note.startswith("full plan: reconciler.yaml is new since the merge base")


SECRET: Final = "hunter2"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (f"token: {SECRET}\n", "token is gone; its value is not shown"),
        (f"policies: {{deep: [{SECRET}]}}\n", "policies.deep is gone; its value is not shown"),
        (f'"a b\\e": {SECRET}\n', r'"a b\x1b" is gone; its value is not shown'),
        (f"partnerCenter: {SECRET}\n", "partnerCenter is gone; its value is not shown"),
        (
            f"partnerCenter: {{endpoint: 'https://me:{SECRET}@example.com'}}\n",
            "partnerCenter.endpoint is gone; its value is not shown",
        ),
        (
            f"partnerCenter: {{endpoint: 'me:{SECRET}@example.com'}}\n",
            "partnerCenter.endpoint is gone; its value is not shown",
        ),
        (
            f"manifests: ['https://me:{SECRET}/x@example.com']\n",
            "manifests changed; its value is not shown",
        ),
    ],
)
def test_what_may_be_secret_is_not_shown(tmp_path: Path, before: str, told: str) -> None:
    """Of an unknown key, and of an address with user info, only the change is told."""
    made = make_repository(tmp_path / "r")
    base = CONFIGURATION if "manifests" not in before else CONFIGURATION.partition("manifests")[0]
    made.write("reconciler.yaml", base + before)
    made.write("customers/one.yaml", manifest(1))
    made.commit()
    made.branch("change")
    changes = changes_to(made, CONFIGURATION)
    assert told in messages(changes)
    assert SECRET not in repr(changes)


@pytest.mark.parametrize(
    "before", ["a: [", "- a\n", "text\n", "", "a: &x 1\n", "a: 1\n---\nb: 1\n"]
)
def test_a_base_that_is_no_configuration_hides_no_change(tmp_path: Path, before: str) -> None:
    """All is planned, whatever the base holds."""
    made = make_repository(tmp_path / "r")
    made.write("reconciler.yaml", before)
    made.write("customers/one.yaml", manifest(1))
    made.commit()
    made.branch("change")
    changes = changes_to(made, CONFIGURATION)
    assert changes.changed is None
    assert changes.note.startswith("full plan: reconciler.yaml changed since")


def test_a_link_in_its_place_hides_no_value(repository: GitFolder) -> None:
    """A branch that puts a link where the configuration was is told what it says now."""
    (repository.folder / "reconciler.yaml").unlink()
    repository.write("other.yaml", BEFORE.replace("25", "9999"))
    (repository.folder / "reconciler.yaml").symlink_to("other.yaml")
    changes = find_changes(repository.desired(), "main", repository.places())
    assert messages(changes) == ["policy.maxCreates was 25, is 9999"]


def test_no_other_reason_for_a_full_plan_hides_it(repository: GitFolder) -> None:
    """Manifests whose history can't be told are planned in full, and the configuration is told."""
    (repository.folder / "customers").rename(repository.folder / "moved")
    (repository.folder / "customers").symlink_to("moved")
    changes = changes_to(repository, BEFORE.replace("25", "9999"))
    assert messages(changes) == ["policy.maxCreates was 25, is 9999"]
    assert changes.note.startswith("full plan: a symbolic link leads to")


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "sarif", "github", "azure"])
def test_a_plan_tells_it_in_every_format(tmp_path: Path, format_: str) -> None:
    """A reviewer sees it on the line of the file, wherever the plan is read."""
    made = configured(tmp_path)
    made.write("reconciler.yaml", settings(policy="{maxCreates: 9999}"))
    ended = Project(made.folder).run("plan", "--changed-from", "main", "--format", format_)
    assert ended.code == 0
    assert "policy.maxCreates was 25, is 9999" in ended.out.replace("\\_", "_")
    assert "full plan: reconciler.yaml changed since the merge base with main" in ended.err


def configured(tmp_path: Path) -> GitFolder:
    """Make a repository on the emulator that knows the customer, and a branch of it."""
    made = make_repository(tmp_path / "r")
    made.write("reconciler.yaml", settings(policy="{maxCreates: 25}"))
    made.write("other.yaml", settings(policy="{maxCreates: 25}"))
    made.write("live.yaml", json.dumps({"customers": [{"id": customer_id(1)}]}))
    made.write("customers/one.yaml", manifest(1, body="qualifications: []"))
    made.commit()
    made.branch("change")
    return made


def test_the_configuration_compared_is_the_one_named(tmp_path: Path) -> None:
    """With --config FILE that file is compared, and reconciler.yaml beside it is not."""
    made = configured(tmp_path)
    made.write("other.yaml", settings(policy="{maxCreates: 1}"))
    asked = ("plan", "--changed-from", "main", "--format", "json")
    other = Project(made.folder).run("--config", "other.yaml", *asked).document
    found = [each for each in other["findings"] if each["rule"] == "configuration-changed"]
    assert [each["message"] for each in found] == ["policy.maxCreates was 25, is 1"]
    assert [each["source"]["file"] for each in found] == ["other.yaml"]
    usual = Project(made.folder).run(*asked)
    assert usual.err.startswith("0 of 1 customers changed")
    assert usual.document["findings"] == []


def test_a_link_at_the_base_is_no_configuration(repository: GitFolder) -> None:
    """What it led to is not looked for: all is planned, and no value is made up."""
    repository.git("switch", "--quiet", "main")
    (repository.folder / "reconciler.yaml").rename(repository.folder / "other.yaml")
    (repository.folder / "reconciler.yaml").symlink_to("other.yaml")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "unlinked")
    (repository.folder / "reconciler.yaml").unlink()
    changes = changes_to(repository, BEFORE)
    assert changes.note == "full plan: reconciler.yaml changed since the merge base with main"
    assert changes.findings == ()


def test_a_long_value_is_cut(repository: GitFolder) -> None:
    """A comment on a pull request has only so much room."""
    many = ", ".join(f"customers/{number}" for number in range(1000))
    [told] = messages(changes_to(repository, BEFORE.replace("customers/", many)))
    assert told.startswith('manifests was ["customers/"], is ["customers/0", "customers/1", ')
    assert told.endswith("...")
    assert len(told) < 400
