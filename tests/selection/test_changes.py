"""What counts as changed since the merge base: documents, never lines; no history means all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import UsageError
from reconciler.selection.changes import ManifestChanges, find_changes
from tests.cli.project import Project, settings
from tests.repositories import (
    CONFIGURATION,
    GitFolder,
    customer_id,
    make_repository,
    manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> GitFolder:
    """Make a branch `change` off `main`, where five customers are declared in three files."""
    made = make_repository(tmp_path / "repository")
    made.write("customers/one.yaml", manifest(1))
    made.write("customers/more.yaml", manifest(2), manifest(3), manifest(4))
    made.write("customers/deep/five.yml", manifest(5))
    made.commit()
    made.branch("change")
    return made


def changes_of(repository: GitFolder, *paths: str) -> ManifestChanges:
    return find_changes(repository.desired(*paths), "main", repository.places(*paths))


def changed_numbers(changes: ManifestChanges) -> set[int] | None:
    if changes.changed is None:
        return None
    return {number for number in range(20) if customer_id(number) in changes.changed}


def nothing(_repository: GitFolder) -> None:
    """Leave all as it is."""


def move_file(repository: GitFolder) -> None:
    (repository.folder / "customers/one.yaml").rename(repository.folder / "customers/a.yaml")


def move_document(repository: GitFolder) -> None:
    repository.write("customers/one.yaml", manifest(3), manifest(1))
    repository.write("customers/more.yaml", manifest(2), manifest(4))


def reorder(repository: GitFolder) -> None:
    repository.write("customers/more.yaml", manifest(4), manifest(3), manifest(2))


def comment(repository: GitFolder) -> None:
    text = manifest(1).replace("spec:", "# what it should have\nspec:  # here")
    repository.write("customers/one.yaml", "# a comment\n" + text)


def format_anew(repository: GitFolder) -> None:
    in_full = "qualifications:\n  - {qualification: 'Education'}"
    repository.write(
        "customers/one.yaml", manifest(1, body=in_full).replace("{name: ", "{ name:  ")
    )


def change_line_breaks(repository: GitFolder) -> None:
    for path in (*repository.folder.rglob("*.y*ml"),):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def upper_case_id(repository: GitFolder) -> None:
    text = manifest(1).replace(customer_id(1), customer_id(1).upper())
    repository.write("customers/one.yaml", text)


def add_other_files(repository: GitFolder) -> None:
    repository.write("customers/readme.md", "text\n")
    repository.write("customers/.hidden/six.yaml", manifest(6))
    repository.write("live.yaml", "customers: []\n")


@pytest.mark.parametrize(
    "change",
    [
        nothing,
        move_file,
        move_document,
        reorder,
        comment,
        format_anew,
        change_line_breaks,
        upper_case_id,
        add_other_files,
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_what_says_the_same_is_unchanged(
    repository: GitFolder, change: Callable[[GitFolder], None], *, committed: bool
) -> None:
    """Another place, another comment or another spelling of the same thing changes nothing."""
    change(repository)
    if committed:
        repository.commit()
    changes = changes_of(repository)
    assert changed_numbers(changes) == set()
    assert changes.dropped == ()
    assert changes.note.startswith("0 of 5 customers changed since the merge base with main (")


BODIES = [
    "qualifications: []",
    "qualifications: [StateOwnedEntity]",
    "qualifications: [{qualification: Education, educationSegment: K12}]",
    "qualifications: [{qualification: Education, website: contoso.edu}]",
    'qualifications: [{qualification: Education, resubmitDenialOf: "2026-01-02T03:04:05Z"}]',
    "qualifications: [Education]\n  domain: contoso.onmicrosoft.com",
    "qualifications: [Education]\n  accept: [vetting-denied]",
]


@pytest.mark.parametrize("body", BODIES)
def test_what_says_something_else_is_changed(repository: GitFolder, body: str) -> None:
    """Any word of a document that is not its place makes it changed, and it alone."""
    repository.write("customers/more.yaml", manifest(2), manifest(3, body=body), manifest(4))
    assert changed_numbers(changes_of(repository)) == {3}


def test_labels_and_names_count(repository: GitFolder) -> None:
    """A renamed customer is changed, and so is one with another label."""
    labelled = manifest(2).replace("{name: customer-2}", "{name: customer-2, labels: {a: b}}")
    repository.write("customers/more.yaml", labelled, manifest(3, name="renamed"), manifest(4))
    assert changed_numbers(changes_of(repository)) == {2, 3}


@pytest.mark.parametrize(("before", "after"), [("A_CODE", "A_CODE"), ("A_CODE", "B_CODE")])
def test_a_code_counts_by_its_reference(repository: GitFolder, before: str, after: str) -> None:
    """Where the code is, is compared; what the code is, is no business of git's."""
    entry = "{{qualification: GovernmentCommunityCloud, validationCodeFrom: {{env: {}}}}}"
    body = f"qualifications: [{entry}]"
    repository.git("switch", "--quiet", "main")
    repository.write("customers/six.yaml", manifest(6, body=body.format(before)))
    repository.commit()
    repository.git("switch", "--quiet", "--create", "six")
    repository.write("customers/six.yaml", "# here\n" + manifest(6, body=body.format(after)))
    assert changed_numbers(changes_of(repository)) == ({6} if before != after else set())


@pytest.mark.parametrize("stage", ["untracked", "staged", "committed"])
def test_a_new_document_is_changed(repository: GitFolder, stage: str) -> None:
    """A manifest counts as soon as it is in the working tree."""
    repository.write("customers/new.yaml", manifest(6))
    if stage != "untracked":
        repository.git("add", "--all")
    if stage == "committed":
        repository.commit()
    changes = changes_of(repository)
    assert changed_numbers(changes) == {6}
    assert changes.note.startswith("1 of 6 customers changed")


def test_a_file_that_held_nothing_held_no_customer(repository: GitFolder) -> None:
    """What was an empty file at the base is no mistake of it."""
    repository.git("switch", "--quiet", "main")
    repository.write("customers/empty.yaml", "# soon\n")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "soon")
    repository.write("customers/empty.yaml", manifest(6))
    assert changed_numbers(changes_of(repository)) == {6}


def test_what_the_other_branch_did_is_not_ours(repository: GitFolder) -> None:
    """The comparison is with the merge base: main may have moved on."""
    repository.git("switch", "--quiet", "main")
    repository.write("customers/one.yaml", manifest(1, body="qualifications: []"))
    repository.commit()
    repository.git("switch", "--quiet", "change")
    assert changed_numbers(changes_of(repository)) == set()


@pytest.mark.parametrize("whole_file", [True, False])
def test_a_customer_taken_out_is_dropped(repository: GitFolder, *, whole_file: bool) -> None:
    """A customer of the base that no manifest declares any more is told; the others are not."""
    if whole_file:
        (repository.folder / "customers/one.yaml").unlink()
    else:
        repository.write("customers/more.yaml", manifest(2), manifest(4))
    changes = changes_of(repository)
    assert changed_numbers(changes) == set()
    assert [each.name for each in changes.dropped] == ["customer-1" if whole_file else "customer-3"]


def test_a_backslash_in_a_name_hides_no_file(repository: GitFolder) -> None:
    """Here it is a letter as any other: the file is a manifest now, and so it was at the base."""
    repository.git("switch", "--quiet", "main")
    odd = repository.write("customers/odd\\.name.yaml", manifest(6))
    repository.commit()
    repository.git("switch", "--quiet", "--create", "odd")
    assert changed_numbers(changes_of(repository)) == set()
    odd.unlink()
    assert [each.name for each in changes_of(repository).dropped] == ["customer-6"]


def test_another_id_under_the_same_name_is_one_dropped_and_one_changed(
    repository: GitFolder,
) -> None:
    """Customers are told apart by their ids, never by their names."""
    repository.write("customers/one.yaml", manifest(7, name="customer-1"))
    changes = changes_of(repository)
    assert changed_numbers(changes) == {7}
    assert [each.customer_id for each in changes.dropped] == [customer_id(1)]


@pytest.mark.parametrize("folder", ["", "tenants/north"])
@pytest.mark.parametrize("places", [("../shared", "customers"), ("customers",)])
def test_a_configuration_may_be_anywhere_in_the_repository(
    tmp_path: Path, folder: str, places: tuple[str, ...]
) -> None:
    """Its folder may be below the git root, and its manifests beside that folder."""
    made = make_repository(tmp_path / "outer/repository", folder=folder)
    if not folder:
        places = ("customers", "shared")
    for number, place in enumerate(places):
        made.write(f"{place}/a.yaml", manifest(2 * number), manifest(2 * number + 1))
    made.write("unrelated/z.yaml", manifest(9))
    made.commit()
    made.branch("change")
    made.write(f"{places[0]}/a.yaml", manifest(0), manifest(1, body="qualifications: []"))
    made.write("unrelated/z.yaml", manifest(9, body="qualifications: []"))
    assert changed_numbers(changes_of(made, *places)) == {1}


def test_the_whole_repository_may_be_manifests(repository: GitFolder) -> None:
    """The configuration, its seed and files of other kinds among them are no manifests."""
    repository.git("switch", "--quiet", "main")
    for folder in ("", "nested/"):
        repository.write(
            f"{folder}reconciler.yaml", CONFIGURATION + "partnerCenter: {emulator: live.yaml}\n"
        )
        repository.write(f"{folder}live.yaml", "customers: []\n")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "all")
    repository.write("live.yaml", "customers: [{id: x}]\n")
    repository.write("nested/live.yaml", "customers: [{id: x}]\n")
    repository.write("customers/one.yaml", manifest(1, body="qualifications: []"))
    assert changed_numbers(changes_of(repository, ".")) == {1}


def test_a_single_file_may_be_asked_for(repository: GitFolder) -> None:
    """A path that is a file is compared with that file, whatever its name ends in."""
    repository.git("switch", "--quiet", "main")
    repository.write("customers/odd.txt", manifest(8), manifest(9))
    repository.commit()
    repository.git("switch", "--quiet", "--create", "odd")
    repository.write("customers/odd.txt", manifest(8), manifest(9, body="qualifications: []"))
    assert changed_numbers(changes_of(repository, "customers/odd.txt")) == {9}


def test_a_repository_may_be_reached_through_a_link(repository: GitFolder, tmp_path: Path) -> None:
    """A link on the way to the repository does not matter: git never sees it."""
    (tmp_path / "link").symlink_to(repository.root)
    linked = GitFolder(tmp_path / "link", tmp_path / "link")
    linked.write("customers/one.yaml", manifest(1, body="qualifications: []"))
    assert changed_numbers(changes_of(linked)) == {1}


def change_configuration(repository: GitFolder) -> None:
    repository.write("reconciler.yaml", CONFIGURATION + "policy: {maxCreates: 1}\n")


def comment_configuration(repository: GitFolder) -> None:
    repository.write("reconciler.yaml", "# mine\n" + CONFIGURATION)


def remove_configuration(repository: GitFolder) -> None:
    (repository.folder / "reconciler.yaml").unlink()


def new_configuration(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "main")
    repository.git("rm", "--quiet", "reconciler.yaml")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "configured")
    repository.write("reconciler.yaml", CONFIGURATION)


def break_base(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "main")
    repository.write("customers/broken.yaml", manifest(6).replace("spec:", "spek:"))
    repository.commit()
    repository.git("switch", "--quiet", "--create", "mended")
    repository.write("customers/broken.yaml", manifest(6))


def twice_in_base(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "main")
    repository.write("customers/again.yaml", manifest(1, name="again"))
    repository.commit()
    repository.git("switch", "--quiet", "--create", "once")
    (repository.folder / "customers/again.yaml").unlink()


def link_in_base(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "main")
    (repository.folder / "customers/link.yaml").symlink_to("one.yaml")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "linked")


def link_to_folder(repository: GitFolder) -> None:
    (repository.folder / "customers").rename(repository.folder / "moved")
    (repository.folder / "customers").symlink_to("moved")


def same_name_twice(repository: GitFolder) -> None:
    """Make a tree as only a commit made by hand can have it."""
    one = repository.git("rev-parse", "HEAD:customers/one.yaml")
    more = repository.git("rev-parse", "HEAD:customers/more.yaml")
    configuration = repository.git("rev-parse", "HEAD:reconciler.yaml")
    twice = "".join(f"100644 blob {blob}\tx.yaml\n" for blob in (one, more))
    folder = repository.git("mktree", text=twice)
    entries = f"040000 tree {folder}\tcustomers\n100644 blob {configuration}\treconciler.yaml\n"
    made = repository.git("commit-tree", repository.git("mktree", text=entries), "-m", "twice")
    repository.git("update-ref", "refs/heads/main", made)
    repository.git("update-ref", "refs/heads/change", made)


def submodule_in_base(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "main")
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},customers/module")
    repository.git("commit", "--quiet", "--message", "module")
    repository.git("switch", "--quiet", "--create", "with-module")


def forget_history(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "--orphan", "new")
    repository.write("reconciler.yaml", CONFIGURATION)
    repository.write("customers/one.yaml", manifest(1))
    repository.commit()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_configuration, "reconciler.yaml changed since the merge base with main"),
        (comment_configuration, "reconciler.yaml changed since the merge base with main"),
        (remove_configuration, "reconciler.yaml changed since the merge base with main"),
        (new_configuration, "reconciler.yaml is new since the merge base with main"),
        (break_base, "the merge base is invalid, at customers/broken.yaml:4:1: "),
        (twice_in_base, f"the merge base declares customer {customer_id(1)} twice"),
        (link_in_base, '"customers/link.yaml" is a symbolic link at the merge base'),
        (link_to_folder, 'a symbolic link leads to "customers"'),
        (submodule_in_base, '"customers/module" is a submodule'),
        (same_name_twice, '"customers/x.yaml" can\'t be looked at: File exists'),
        (forget_history, "HEAD and main have no commit in common"),
    ],
)
def test_an_unknown_history_means_a_full_plan_said_aloud(
    repository: GitFolder, change: Callable[[GitFolder], None], reason: str
) -> None:
    """What can't be told for sure narrows nothing, and the reason is said."""
    change(repository)
    changes = changes_of(repository)
    assert changes.changed is None
    assert changes.note.startswith(f"full plan: {reason}")


def test_a_dropped_customer_is_told_in_a_full_plan_too(repository: GitFolder) -> None:
    """A changed configuration hides no dropped customer."""
    change_configuration(repository)
    (repository.folder / "customers/one.yaml").unlink()
    changes = changes_of(repository)
    assert changes.changed is None
    assert [each.name for each in changes.dropped] == ["customer-1"]


def test_without_a_configuration_on_either_side_nothing_has_changed(
    repository: GitFolder,
) -> None:
    """Defaults that held at the base hold now."""
    repository.git("switch", "--quiet", "main")
    repository.git("rm", "--quiet", "reconciler.yaml")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "default")
    assert changed_numbers(changes_of(repository)) == set()


def test_manifests_outside_of_the_repository_mean_a_full_plan(
    repository: GitFolder, tmp_path: Path
) -> None:
    """Their history is not here."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/one.yaml").write_text(manifest(1))
    changes = changes_of(repository, "../elsewhere")
    assert changes.changed is None
    assert changes.note == 'full plan: "../elsewhere" is outside the git repository'


def test_a_tree_with_a_path_out_of_its_folder_writes_nowhere(
    repository: GitFolder, tmp_path: Path
) -> None:
    """A commit made by hand can hold such a name; git itself would not check it out."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    project = Project(repository.folder, {"TMPDIR": str(temporary)})
    project.write("reconciler.yaml", settings())
    project.seed([])
    repository.commit()
    blob = repository.git("rev-parse", "HEAD:customers/one.yaml")
    trees = [f"100644 blob {blob}\tevil.yaml"]
    for name in ("..", "..", "customers"):
        made = repository.git("mktree", text="\n".join(trees) + "\n")
        trees = [f"040000 tree {made}\t{name}"]
    configuration = repository.git("rev-parse", "HEAD:reconciler.yaml")
    trees.append(f"100644 blob {configuration}\treconciler.yaml")
    root = repository.git("mktree", text="\n".join(trees) + "\n")
    evil = repository.git("commit-tree", root, "-m", "evil")
    repository.git("update-ref", "refs/heads/main", evil)
    repository.git("update-ref", "refs/heads/change", evil)
    planned = project.run("plan", "--changed-from", "main", "--format", "json")
    assert planned.document["summary"]["customers"] == 5
    assert not list(tmp_path.rglob("evil.yaml"))


def test_a_ref_that_does_not_exist_is_a_usage_error(repository: GitFolder) -> None:
    """A misspelt branch is no reason for a full plan: nobody asked for one."""
    with pytest.raises(UsageError, match="git knows no commit 'origin/main'"):
        find_changes(repository.desired(), "origin/main", repository.places())
