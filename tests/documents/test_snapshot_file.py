"""The snapshot: it reads back as it was saved, and nothing foreign or edited is taken for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from reconciler.documents.snapshot_file import load_snapshot, save_snapshot
from reconciler.model.errors import PlanRefused
from reconciler.model.plan import Target
from reconciler.model.snapshot import Reading, Snapshot
from tests.worlds import CONTOSO, FABRIKAM, TARGET, denied, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READ_AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SNAPSHOT: Final = Snapshot(
    TARGET,
    {
        FABRIKAM: Reading(READ_AT, live()),
        CONTOSO: Reading(READ_AT, live(denied(), "StateOwnedEntity", "Ünï")),
    },
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_snapshot(tmp_path / "snapshot.json", SNAPSHOT)
    return tmp_path / "snapshot.json"


def test_it_reads_back(file: Path) -> None:
    """Every qualification with its vetting, and when it was read."""
    assert load_snapshot(file, TARGET) == SNAPSHOT


def test_its_form(file: Path) -> None:
    """As the contract has it."""
    document = json.loads(file.read_text())
    assert (document["formatVersion"], document["kind"]) == ("1.0", "Snapshot")
    assert document["customers"][CONTOSO]["readAt"] == "2026-01-02T03:04:05Z"
    assert document["customers"][CONTOSO]["qualifications"][0] == {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": "Not an Education Customer",
        "vettingCreatedDate": "2025-11-03T09:30:00.885Z",
    }


def drop_a_customer(document: dict[str, Any]) -> None:
    del document["customers"][CONTOSO]


def change_a_status(document: dict[str, Any]) -> None:
    document["customers"][CONTOSO]["qualifications"][0]["vettingStatus"] = "Approved"


def add_a_property(document: dict[str, Any]) -> None:
    document["customers"][CONTOSO]["unknown"] = 1


@pytest.mark.parametrize("edit", [drop_a_customer, change_a_status, add_a_property])
def test_an_edited_one_is_refused(file: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Whatever was touched, also what this version does not know."""
    document = json.loads(file.read_text())
    edit(document)
    file.write_text(json.dumps(document))
    with pytest.raises(PlanRefused, match="it was edited"):
        load_snapshot(file, TARGET)


def test_another_targets_is_refused(file: Path) -> None:
    """The emulator's is not the service's, nor one tenant's another's."""
    with pytest.raises(PlanRefused, match="it was made of emulator, not of https://x"):
        load_snapshot(file, Target("https://x"))
    with pytest.raises(PlanRefused):
        load_snapshot(file, Target("emulator", "a-tenant"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"formatVersion": "2.0"}', '{"a": NaN}'])
def test_what_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """With the way out: the next run writes a new one."""
    path = tmp_path / "snapshot.json"
    path.write_text(text)
    with pytest.raises(PlanRefused) as caught:
        load_snapshot(path, TARGET)
    assert "move it away" in caught.value.remedy
