"""`export`: what is live becomes manifests, and nothing a person wrote is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.cli.project import Project, manifest, settings

if TYPE_CHECKING:
    from pathlib import Path

COMPANIES: Final = ("Contoso", "École Nº", "株式会社", "Школа", "مدرسة", "CON", "contoso", "!!!")
LIVE: Final[tuple[list[object], ...]] = (
    [],
    ["None"],
    ["StateOwnedEntity"],
    [{"qualification": "Education", "vettingStatus": "Approved"}],
    [{"qualification": "Education", "vettingStatus": "InReview"}, "StateOwnedEntity"],
    ["GovernmentCommunityCloud"],
    ["Nonprofit"],
)


def customer_id(number: int) -> str:
    return f"11111111-0000-4000-8000-{number:012}"


def seeded(number: int) -> dict[str, object]:
    company, held = COMPANIES[number % len(COMPANIES)], LIVE[number % len(LIVE)]
    return {
        "id": customer_id(number),
        "name": company,
        "domain": f"customer{number}.onmicrosoft.com",
        "qualifications": held,
    }


def project_of(folder: Path, number: int) -> Project:
    project = Project(folder)
    project.write("reconciler.yaml", settings())
    project.seed([seeded(each) for each in range(number)])
    return project


def manifests(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.folder / "customers").iterdir()}


def plan(project: Project) -> dict[str, Any]:
    summary: dict[str, Any] = project.run("plan", "--format", "json").document["summary"]
    return summary


def test_a_whole_estate(tmp_path: Path) -> None:
    """1,003 customers over three pages, in many alphabets: nothing to do, and again nothing."""
    project = project_of(tmp_path, 1003)
    ended = project.run("export", "--all-customers")
    assert ended.code == 0, ended.err
    assert ended.err.splitlines()[-2] == "Export: 1003 new"
    before = manifests(project)
    assert len(before) == 1003
    assert all(text.startswith(b"# yaml-language-server: $schema=../") for text in before.values())
    assert json.loads((tmp_path / "schemas/manifest.json").read_text())["title"]
    assert project.run("validate").code == 0
    summary = plan(project)
    assert (summary["customers"], summary["steps"], summary["impossible"]) == (1003, 0, 0)
    assert project.run("export", "--all-customers", "--update").code == 0
    assert manifests(project) == before


def test_a_difference_is_told_and_with_update_added(tmp_path: Path) -> None:
    """Comments and quotes stay; the plan has nothing to complain of then."""
    project = Project(tmp_path)
    project.write("reconciler.yaml", settings())
    text = "# Ask Ada before touching this.\n" + manifest(
        "school", customer_id(1), [{"qualification": "Education"}]
    ).removeprefix("---\n")
    path = project.write("customers/school.yaml", text)
    held = [{"qualification": "Education", "vettingStatus": "Approved"}, "StateOwnedEntity"]
    project.seed([{"id": customer_id(1), "qualifications": held}])
    told = project.run("export")
    assert "customers/school.yaml: StateOwnedEntity is live and not declared" in told.err
    assert path.read_text() == text
    assert "Export: 1 different" in told.err.splitlines()
    updated = project.run("export", "--update")
    assert updated.code == 0
    assert "Export: 1 updated" in updated.err.splitlines()
    assert path.read_text().startswith("# Ask Ada before touching this.\n")
    assert plan(project)["impossible"] == 0


def test_declared_customers_can_be_written_elsewhere(tmp_path: Path) -> None:
    """Outside of the manifests, `--out` takes a full copy under the names that people know."""
    project = project_of(tmp_path, 3)
    project.write("customers/one.yaml", manifest("one", customer_id(2), []))
    assert project.run("export", "--out", "copy").code == 0
    [copy] = (tmp_path / "copy").iterdir()
    assert copy.name == "one.yaml"
    assert "- StateOwnedEntity" in copy.read_text()


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    """Whatever it holds: it is told, the others are written, and it ends in 1."""
    project = project_of(tmp_path, 2)
    path = project.write("customers/contoso.yaml", manifest("other", customer_id(9), []))
    text = path.read_text()
    ended = project.run("export", "--all-customers")
    assert ended.code == 1
    assert "customers/contoso.yaml is there already" in ended.err
    assert path.read_text() == text
    assert len(manifests(project)) == 2


def test_who_is_not_found_is_told_with_the_way_out(tmp_path: Path) -> None:
    """Offline, that is to add the customer to the seed."""
    project = project_of(tmp_path, 1)
    project.write("customers/new.yaml", manifest("new", customer_id(9), []))
    ended = project.run("export")
    assert (ended.code, "the embedded emulator's seed, live.yaml" in ended.err) == (1, True)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "truncate"},
        {"kind": "empty"},
        {"kind": "garbage"},
        {"kind": "drop-before"},
    ],
    ids=lambda fault: fault["kind"],
)
@pytest.mark.parametrize("call", ["customers", "readQualifications"])
def test_a_service_that_fails_is_never_taken_for_an_empty_one(
    tmp_path: Path, fault: dict[str, object], call: str
) -> None:
    """A list that is not whole writes nothing; who can't be read is left out, and told."""
    project = project_of(tmp_path, 2)
    project.write("faults.json", json.dumps({"faults": [{**fault, "call": call}]}))
    with project.served("live.yaml", "--faults", "faults.json") as address:
        project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "user-token",
        }
        ended = project.run("export", "--all-customers", speed=50)
        assert httpx.get(f"{address}/emulator/state", trust_env=False).json()["calls"]
    assert ended.code == 1
    assert not (tmp_path / "customers").exists()
