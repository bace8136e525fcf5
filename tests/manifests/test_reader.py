"""Manifests of files and folders: desired state, places, duplicates, everything told at once."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.manifests.reader import check_manifests, load_manifests
from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Severity, Source
from reconciler.model.state import Qualification
from tests.manifest_samples import CUSTOMER, HEAD, VALID, brief, diagnostic_lines, load

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "0b8c3c46-5a9f-4a3e-8d3a-2f3f5f1f9c11"
ANOTHER = VALID.replace("contoso", "fabrikam").replace(CUSTOMER, OTHER)

PLACED = f"""\
# contoso
apiVersion: reconciler/v1
kind: CustomerQualifications
metadata: {{name: contoso, labels: {{region: us-west}}}}
spec:
  customerId: {CUSTOMER.upper()}
  qualifications:
    - qualification: Education
      educationSegment: K12
    - StateOwnedEntity
"""


def test_places(tmp_path: Path) -> None:
    """Entries, customerId and qualifications carry their places, counted in the whole file."""
    (customer,) = load(tmp_path, "---\n\n" + PLACED).desired.customers
    assert customer.customer_id == CUSTOMER
    assert customer.source == Source("0.yaml", 8, 3)
    assert customer.qualifications_source == Source("0.yaml", 9, 3)
    assert [each.source for each in customer.qualifications] == [
        Source("0.yaml", 10, 7),
        Source("0.yaml", 12, 7),
    ]


@pytest.mark.parametrize("spell", [str, lambda text: "\ufeff" + text.replace("\n", "\r\n")])
def test_contract_sample(spell: object, tmp_path: Path) -> None:
    """Four blanks before the dash give column 7, with a byte order mark and CRLF too."""
    assert callable(spell)
    (customer,) = load(tmp_path, spell(PLACED)).desired.customers
    assert customer.qualifications[0].source == Source("0.yaml", 8, 7)


def test_places_of_problems(tmp_path: Path) -> None:
    """Unknown keys are told at the key, wrong values at the value, what lacks at the mapping."""
    text = HEAD + "  domian: a.com\n  domain:  0012\n  accept:\n    - {}\n"
    assert diagnostic_lines(tmp_path, text) == [
        "6:3 missing-key",
        "7:3 unknown-key",
        "8:12 invalid-value",
        "10:7 missing-key",
    ]


def test_order(tmp_path: Path) -> None:
    """Customers come by name, whatever files they stand in."""
    names = [each.name for each in load(tmp_path, ANOTHER, VALID).desired.customers]
    assert names == ["contoso", "fabrikam"]


def test_several_documents(tmp_path: Path) -> None:
    """A file may hold several documents; empty ones are not counted."""
    loaded = load(tmp_path, f"---\n# none\n---\n{VALID}---\n{ANOTHER}---\n")
    assert (loaded.documents, len(loaded.desired.customers)) == (2, 2)


def test_everything_is_told(tmp_path: Path) -> None:
    """Every problem of every file is told, and the valid rest is loaded."""
    broken = "a: b: c\n---\n" + VALID.replace("contoso", "Contoso", 1) + "---\nfoo: bar\n"
    loaded = load(tmp_path, broken, ANOTHER, "\0")
    assert [str(each.source) + " " + each.rule for each in loaded.diagnostics] == [
        "0.yaml:1:5 syntax",
        "0.yaml:6:9 invalid-value",
        "0.yaml:11:1 unknown-kind",
        "2.yaml:1:1 encoding",
    ]
    assert [each.name for each in loaded.desired.customers] == ["fabrikam"]
    assert loaded.documents == 3


def test_twins(tmp_path: Path) -> None:
    """The second of two names or customers is told, with the place of the first."""
    loaded = load(tmp_path, VALID, VALID.replace(CUSTOMER, CUSTOMER.upper()))
    assert [(brief(each), each.severity) for each in loaded.diagnostics] == [
        ("4:9 duplicate-name", Severity.ERROR),
        ("6:15 duplicate-customer", Severity.ERROR),
    ]
    assert all("0.yaml:6:3" in each.message for each in loaded.diagnostics)
    assert len(loaded.desired.customers) == 1


def test_twins_of_wrong_manifests(tmp_path: Path) -> None:
    """A twin is told although one of the two manifests is wrong otherwise."""
    rules = [each.rule for each in load(tmp_path, VALID + "  domain: 1\n", VALID).diagnostics]
    assert rules == ["invalid-value", "duplicate-name", "duplicate-customer"]


def test_order_of_paths(tmp_path: Path) -> None:
    """The same is told in whatever order the paths are named."""
    for name in ("b.yaml", "a.yaml", "c.yaml"):
        (tmp_path / name).write_text(VALID)
    paths = [tmp_path / "c.yaml", tmp_path / "a.yaml", tmp_path]
    assert load_manifests(paths, base=tmp_path) == load_manifests(paths[::-1], base=tmp_path)


CODE_FILES = {
    "codes/contoso": True,
    "../code": False,
    "/etc/passwd": False,
    "outer": False,
    "mounted": True,
}


@pytest.mark.parametrize(("name", "within"), CODE_FILES.items())
def test_code_files(name: str, within: bool, tmp_path: Path) -> None:
    """A code's file outside of both folders is told at the file's name."""
    folder, secrets = tmp_path / "customers", tmp_path / "secrets"
    folder.mkdir()
    secrets.mkdir()
    (secrets / "mounted").touch()
    (folder / "outer").symlink_to("/etc/passwd")
    entry = f"qualification: GovernmentCommunityCloud, validationCodeFrom: {{file: {name}}}"
    (folder / "a.yaml").write_text(HEAD + f"  qualifications: [{{{entry}}}]\n")
    loaded = load_manifests([folder], base=tmp_path, secrets_folder=secrets)
    expected = [] if within else ["7:89 outside-folder"]
    assert [brief(each) for each in loaded.diagnostics] == expected


def test_invalid_code_file_is_told_once(tmp_path: Path) -> None:
    """A file's name that can't be one is told as such, and not looked for."""
    entry = 'qualification: GovernmentCommunityCloud, validationCodeFrom: {file: "a\\0"}'
    assert diagnostic_lines(tmp_path, HEAD + f"  qualifications: [{{{entry}}}]\n") == [
        "7:89 invalid-value"
    ]


def test_checking_tells_what_loading_tells(tmp_path: Path) -> None:
    """Checking alone tells the same as loading."""
    loaded = load(tmp_path, VALID, ANOTHER + "  domain: 1\n", "a: b: c\n")
    checked = check_manifests([tmp_path], base=tmp_path)
    assert (checked.diagnostics, checked.documents) == (loaded.diagnostics, loaded.documents)


@pytest.mark.parametrize("texts", [[], [""], ["---\n# nothing\n---\n"]])
def test_no_manifest(texts: list[str], tmp_path: Path) -> None:
    """Paths without any manifest are told by name: nothing was checked."""
    (tmp_path / "customers").mkdir()
    for index, text in enumerate(texts):
        (tmp_path / "customers" / f"{index}.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="no manifest found in customers"):
        load_manifests([tmp_path / "customers"], base=tmp_path)


def test_too_much_to_tell(tmp_path: Path) -> None:
    """A file with more than ten thousand problems is not read on; the other files are."""
    loaded = load(tmp_path, "--- a\n" * 20_000, ANOTHER)
    assert len(loaded.diagnostics) == 10_001
    assert len(loaded.desired.customers) == 1


def test_collector_is_left_as_it_was(tmp_path: Path) -> None:
    """The garbage collector runs after loading where it ran before, and only there."""
    load(tmp_path, VALID)
    assert gc.isenabled()
    gc.disable()
    try:
        load(tmp_path, VALID)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_every_qualification(tmp_path: Path) -> None:
    """Every qualification can be declared in short, each in a manifest of its own."""
    texts = [
        HEAD.replace("contoso", f"c{index}").replace(CUSTOMER[:8], f"{index:08}")
        + f"  qualifications: [{name}]\n"
        for index, name in enumerate(Qualification)
    ]
    customers = load(tmp_path, *texts).desired.customers
    assert [each.qualifications[0].qualification for each in customers] == list(Qualification)


ANY_BYTES = st.binary(max_size=60) | st.lists(
    st.sampled_from(
        [*VALID.splitlines(), "---", "- a: [", "  b: *c", "d: &e", "'", '"', "\t", "{"]
    ),
    max_size=12,
).map(lambda lines: "\n".join(lines).encode())


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200
)
@given(data=ANY_BYTES)
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    """Whatever a file holds, it is manifests or errors, never an exception."""
    (tmp_path / "a.yaml").write_bytes(data)
    (tmp_path / "valid.yaml").write_text(ANOTHER)
    loaded = load_manifests([tmp_path], base=tmp_path)
    assert loaded.desired.customers
    assert all(each.source is not None and each.remedy for each in loaded.diagnostics)
