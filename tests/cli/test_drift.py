"""`plan --all-customers` and `--explain-drift`: seen from outside, on the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.project import Project, manifest, settings

if TYPE_CHECKING:
    from pathlib import Path

DECLARED: Final = "11111111-0000-4000-8000-0000000000aa"
OTHER: Final = "22222222-0000-4000-8000-0000000000aa"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One customer that is declared, and holds what its manifest leaves out; and another one."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", settings())
    made.write("customers/a.yaml", manifest("a", DECLARED, []))
    made.seed(
        [
            {"id": DECLARED, "qualifications": ["StateOwnedEntity"]},
            {"id": OTHER, "name": "Other", "qualifications": ["StateOwnedEntity"]},
        ]
    )
    return made


def found(document: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [each for each in document["findings"] if each["rule"] == rule]


def test_customers_that_nobody_declares(project: Project) -> None:
    """Advisory, with the coverage said aloud; the digest is that of the plan without."""
    ended = project.run("plan", "--all-customers", "--format", "json")
    [unmanaged] = found(ended.document, "unmanaged-customer")
    assert (unmanaged["name"], unmanaged["category"]) == ("Other", "advisory")
    assert "coverage: 1 of 2 customers declared (50 %)" in ended.err
    assert ended.document["digest"] == project.run("plan", "--format", "json").document["digest"]


def test_a_list_that_is_not_whole_is_no_list(project: Project) -> None:
    """Half of it would call customers managed: exit 1."""
    project.write(
        "faults.json", json.dumps({"faults": [{"kind": "truncate", "call": "customers"}]})
    )
    with project.served("live.yaml", "--faults", "faults.json") as address:
        project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "user-token",
        }
        ended = project.run("plan", "--all-customers", "--format", "json", speed=50)
    assert (ended.code, ended.out) == (1, "")


def test_narrowed_it_makes_no_sense(project: Project) -> None:
    """A narrowed coverage would mislead."""
    assert project.run("plan", "--all-customers", "--customer", "a").code == 64


def test_who_changed_it(project: Project) -> None:
    """Somebody else's create is told with its user, once for the customer, at its place."""
    project.write("customers/a.yaml", manifest("a", DECLARED, ["StateOwnedEntity"]))
    project.seed([{"id": DECLARED, "qualifications": []}])
    assert project.run("apply", "--auto-approve").code == 0
    project.write("customers/a.yaml", manifest("a", DECLARED, []))
    ended = project.run("plan", "--explain-drift", "--format", "json")
    [explained] = found(ended.document, "changed-outside")
    assert "StateOwnedEntity was set by" in explained["message"]
    assert "update_customer_qualification, succeeded" in explained["message"]
    assert explained["source"]["file"] == "customers/a.yaml"
