"""Saves and loads snapshots; refuses one that was edited, or is of another service or version."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import ValidationError

from reconciler.documents.digest import canonical_json
from reconciler.documents.plan_model import TargetModel
from reconciler.documents.reading import read_object
from reconciler.documents.saving import write_whole
from reconciler.documents.shape import FORMAT_VERSION, Instant, Shape
from reconciler.model.errors import PlanRefused
from reconciler.model.plan import Target
from reconciler.model.snapshot import Reading, Snapshot
from reconciler.model.state import CustomerId, LiveCustomer, LiveQualification

if TYPE_CHECKING:
    from pathlib import Path

KIND: Final = "Snapshot"
REMEDY: Final = "move it away: the next run reads every customer and writes a new one"


class _Qualification(Shape):
    qualification: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created_date: Instant | None = None


class _Reading(Shape):
    read_at: Instant
    qualifications: tuple[_Qualification, ...]

    def made_reading(self) -> Reading:
        live = tuple(
            LiveQualification(
                each.qualification,
                each.vetting_status,
                each.vetting_reason,
                each.vetting_created_date,
            )
            for each in self.qualifications
        )
        return Reading(self.read_at, LiveCustomer(live))


class _Snapshot(Shape):
    kind: Literal["Snapshot"]
    digest: str
    target: TargetModel
    customers: dict[CustomerId, _Reading]


def save_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace the file at once: a reader sees the old one or the new one. Raises StateError."""
    content = {
        "formatVersion": FORMAT_VERSION,
        "kind": KIND,
        "target": {"address": snapshot.target.address, "tenantId": snapshot.target.tenant_id},
        "customers": {
            customer_id: _dumped(reading)
            for customer_id, reading in sorted(snapshot.customers.items())
        },
    }
    document = {**content, "digest": _digest(content)}
    write_whole(path, json.dumps(document, ensure_ascii=False) + "\n")


def _dumped(reading: Reading) -> dict[str, Any]:
    qualifications = tuple(
        _Qualification(
            qualification=each.qualification,
            vetting_status=each.vetting_status,
            vetting_reason=each.vetting_reason,
            vetting_created_date=each.vetting_created,
        )
        for each in reading.live.qualifications
    )
    shape = _Reading(read_at=reading.read_at, qualifications=qualifications)
    return shape.model_dump(mode="json", by_alias=True, exclude_none=True)


def load_snapshot(path: Path, target: Target) -> Snapshot:
    """Raises PlanRefused where it is none, was edited, or was made of another target."""
    document = read_object(path, to_name="name a snapshot", remedy=REMEDY)
    version = document.get("formatVersion")
    if not isinstance(version, str) or version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise _refused(path, f"its formatVersion is {version}, this program reads 1.x")
    try:
        snapshot = _Snapshot.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _refused(path, f"{place}: {first['msg']}") from None
    if _digest({key: each for key, each in document.items() if key != "digest"}) != snapshot.digest:
        raise _refused(path, "its digest does not match its content, so it was edited")
    made_for = Target(snapshot.target.address, snapshot.target.tenant_id)
    if made_for != target:
        raise _refused(path, f"it was made of {made_for.address}, not of {target.address}")
    customers = {key: each.made_reading() for key, each in snapshot.customers.items()}
    return Snapshot(made_for, customers)


def _digest(content: dict[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()


def _refused(path: Path, why: str) -> PlanRefused:
    return PlanRefused(f"{path} is refused: {why}", REMEDY)
