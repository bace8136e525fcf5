"""Reads the body of a POST strictly: what it asks for, or why it asks for nothing that can be done.

A field that belongs to another qualification is refused too: it shows a client's slip.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

SEGMENTS: Final = ("K12", "HigherEducation")


class Settable(StrEnum):
    """What can be set; the spelling is the wire's, in exactly this case."""

    EDUCATION = "Education"
    GCC = "GovernmentCommunityCloud"
    SOE = "StateOwnedEntity"


_OWN_FIELDS: Final[Mapping[Settable, frozenset[str]]] = {
    Settable.EDUCATION: frozenset({"educationSegment", "website"}),
    Settable.GCC: frozenset({"validationCode"}),
    Settable.SOE: frozenset(),
}
_FIELDS: Final = frozenset().union(*_OWN_FIELDS.values())


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """What a POST asks for. GCC has its code, the others none."""

    qualification: Settable
    code: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A body that asks for nothing that can be done, and why."""

    reason: str


def named_qualification(body: bytes) -> str:
    """The qualification that a body names, empty where it names none."""
    name = (_json_object(body) or {}).get("qualification")
    return name if isinstance(name, str) else ""


def read_create_request(body: bytes) -> CreateRequest | Unusable:
    fields = _json_object(body)
    if fields is None:
        return Unusable("The request body is not a JSON object.")
    try:
        qualification = Settable(str(fields.get("qualification")))
    except ValueError:
        return Unusable("The qualification can't be set.")
    return _read_fields(qualification, {name: fields[name] for name in _FIELDS & fields.keys()})


def _read_fields(qualification: Settable, fields: Mapping[str, object]) -> CreateRequest | Unusable:
    """Refuse a field that belongs to another qualification: it shows a client's slip."""
    given = {name: field for name, field in fields.items() if field is not None}
    unknown = sorted(given.keys() - _OWN_FIELDS[qualification])
    if unknown:
        return Unusable(f"{qualification} takes no {', '.join(unknown)}.")
    match qualification:
        case Settable.EDUCATION:
            return _read_education(given)
        case Settable.GCC:
            return _read_gcc(given)
        case Settable.SOE:
            return CreateRequest(Settable.SOE)
        case _:
            assert_never(qualification)


def _read_education(fields: Mapping[str, object]) -> CreateRequest | Unusable:
    if fields.get("educationSegment") not in SEGMENTS:
        return Unusable(f"educationSegment is required: {' or '.join(SEGMENTS)}.")
    if not isinstance(fields.get("website", ""), str):
        return Unusable("website is text.")
    return CreateRequest(Settable.EDUCATION)


def _read_gcc(fields: Mapping[str, object]) -> CreateRequest | Unusable:
    code = fields.get("validationCode")
    if not isinstance(code, str) or not code:
        return Unusable("validationCode is required.")
    return CreateRequest(Settable.GCC, Secret(code))


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None
