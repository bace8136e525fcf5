"""Saves and loads plans and reports; refuses what was edited or is of another version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.documents.digest import digest_of
from reconciler.documents.plan_model import PlanModel, plan_to_document
from reconciler.documents.reading import read_object
from reconciler.documents.report_model import ReportModel
from reconciler.documents.saving import write_whole
from reconciler.documents.shape import to_json
from reconciler.model.errors import PlanRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model.plan import ApplyReport, PlanDocument, Step

MAJOR: Final = "1"
REMEDY: Final = "name a plan that `plan --out` wrote"

Document = TypeVar("Document", bound=BaseModel)


def load_plan(path: Path) -> PlanDocument:
    """Read a saved plan. Raises PlanRefused where it is none, was edited or is of another major."""
    document = _load(path)
    return _read_plan(path, document)


def load_plan_or_report(path: Path) -> PlanDocument | ApplyReport:
    """Read whichever of the two `path` holds. Raises PlanRefused."""
    document = _load(path)
    if document.get("kind") == "ApplyReport":
        return _read(path, ReportModel, document).read()
    return _read_plan(path, document)


def save_plan(path: Path, document: PlanDocument) -> None:
    """Write a plan whole or not at all. Raises StateError."""
    write_whole(path, to_json(plan_to_document(document)))


def _load(path: Path) -> dict[str, Any]:
    document = read_object(path, to_name=REMEDY, remedy=REMEDY)
    version = document.get("formatVersion")
    if not isinstance(version, str):
        raise _no_document(path, "it has no formatVersion")
    if version.split(".")[0] != MAJOR:
        raise PlanRefused(
            f"{path} is refused: its formatVersion is {version}, this program reads {MAJOR}.x",
            "plan again with this version of reconciler",
        )
    return document


def _no_document(path: Path, why: str) -> PlanRefused:
    return PlanRefused(f"{path} is refused: {why}", REMEDY)


def _read_plan(path: Path, document: dict[str, Any]) -> PlanDocument:
    plan = _read(path, PlanModel, document).read()
    if digest_of(document) != plan.digest:
        raise PlanRefused(
            f"{path} is refused: its digest does not match its content, so it was edited",
            "plan again and have that plan reviewed",
        )
    _refuse_duplicates(path, plan.plan.steps)
    return plan


def _refuse_duplicates(path: Path, steps: Sequence[Step]) -> None:
    """Refuse a plan that holds one create twice: no planner makes it, and it can't be reported."""
    if len({step.key for step in steps}) < len(steps):
        raise PlanRefused(
            f"{path} is refused: it holds the same create twice, so it was edited",
            "plan again and have that plan reviewed",
        )


def _read(path: Path, model: type[Document], document: dict[str, Any]) -> Document:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _no_document(path, f"{place}: {first['msg']}") from None
