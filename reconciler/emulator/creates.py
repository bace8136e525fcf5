"""The rules of creating a qualification (domain.md, section 2). It never tells a code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.answers import answer, coded
from reconciler.emulator.world import UNQUALIFIED, Creation, Entry, digest_of, qualifications_of
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.emulator.world import Answer, Changes, CustomerQualifications, World

MOST_VERIFICATIONS: Final = 3
"""Of Education, for each customer."""

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

EXCLUDED_BY: Final = {Settable.EDUCATION: Settable.GCC, Settable.GCC: Settable.EDUCATION}
PAIR_REFUSED: Final = "Customer tagging denied."
"""A bare JSON string as body, as seen in the wild."""


@dataclass(frozen=True, slots=True)
class CreateRules:
    """What faults may switch off."""

    honour_request_id: bool = True
    refuse_duplicates: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST of a qualification to a customer of the world."""

    customer_id: str
    request_id: str
    body: bytes
    now: datetime
    rules: CreateRules


def create(world: World, changes: Changes, attempt: Attempt) -> tuple[Answer, Changes]:
    """Answer as before, changing nothing, where the same request id brought the same body."""
    key = _repeat_key(attempt)
    earlier = changes.answers.get(key)
    if earlier is not None and attempt.rules.honour_request_id:
        return earlier, changes
    given, changed = _decide(world, changes, attempt)
    return given, replace(changed, answers={**changed.answers, key: given})


def _repeat_key(attempt: Attempt) -> str:
    """Hide what was asked: the body of a GCC create has the code."""
    body = digest_of(attempt.body.decode("latin-1"))
    return digest_of(f"{attempt.request_id.lower()} {attempt.customer_id} {body}")


def _decide(world: World, changes: Changes, attempt: Attempt) -> tuple[Answer, Changes]:
    wanted = read_create_request(attempt.body)
    if isinstance(wanted, Unusable):
        return coded(HTTPStatus.BAD_REQUEST, "InvalidRequest", wanted.reason), changes
    standing = qualifications_of(world, changes, attempt.customer_id)
    refusal = _held_refusal(standing, wanted, attempt.rules) or _code_refusal(
        world, changes, wanted
    )
    return (refusal, changes) if refusal else _take_effect(changes, standing, wanted, attempt)


def _held_refusal(
    standing: CustomerQualifications, wanted: CreateRequest, rules: CreateRules
) -> Answer | None:
    qualification = wanted.qualification
    if standing.holds(qualification) and rules.refuse_duplicates:
        told = f"The customer already has the qualification {qualification}."
        return coded(HTTPStatus.CONFLICT, "DuplicateQualification", told)
    rival = EXCLUDED_BY.get(qualification)
    if rival is not None and standing.holds(rival):
        return answer(HTTPStatus.BAD_REQUEST, PAIR_REFUSED)
    if qualification is Settable.EDUCATION and standing.verifications >= MOST_VERIFICATIONS:
        told = f"Education can be verified {MOST_VERIFICATIONS} times."
        return coded(HTTPStatus.BAD_REQUEST, "VerificationLimitReached", told)
    return None


def _code_refusal(world: World, changes: Changes, wanted: CreateRequest) -> Answer | None:
    if wanted.qualification is not Settable.GCC:
        return None
    digest = digest_of(wanted.code.reveal())
    if world.codes.get(digest, 0) > changes.uses.get(digest, 0):
        return None
    told = "The validation code is not valid or has no creates left."
    return coded(HTTPStatus.BAD_REQUEST, "InvalidValidationCode", told)


def _take_effect(
    changes: Changes, standing: CustomerQualifications, wanted: CreateRequest, attempt: Attempt
) -> tuple[Answer, Changes]:
    entry = new_entry(wanted.qualification, standing, attempt.now)
    verified = wanted.qualification is Settable.EDUCATION
    after = replace(with_entry(standing, entry), verifications=standing.verifications + verified)
    creation = Creation(
        attempt.customer_id, wanted.qualification, in_milliseconds(attempt.now), attempt.request_id
    )
    changed = replace(
        changes.with_standing(attempt.customer_id, after),
        uses=_uses_with(changes, wanted),
        creations=(*changes.creations, creation),
    )
    return _created(entry), changed


def _uses_with(changes: Changes, wanted: CreateRequest) -> dict[str, int]:
    uses = dict(changes.uses)
    if wanted.qualification is Settable.GCC:
        digest = digest_of(wanted.code.reveal())
        uses[digest] = uses.get(digest, 0) + 1
    return uses


def _created(entry: Entry) -> Answer:
    """Spell the date as POST's sample does, `vettingCreateDate`, whatever GET calls it."""
    body = {
        "qualification": entry.qualification,
        "vettingStatus": entry.vetting_status,
        "vettingCreateDate": entry.vetting_create_date or entry.vetting_created_date,
    }
    told = {name: text for name, text in body.items() if text is not None}
    return answer(HTTPStatus.CREATED, told)


LATER: Final = timedelta(milliseconds=1)


def new_entry(qualification: Settable, standing: CustomerQualifications, now: datetime) -> Entry:
    """Make what a create leaves: Education in review, GCC approved, SOE without vetting."""
    match qualification:
        case Settable.EDUCATION:
            return reviewed_anew(standing.entry(qualification) or Entry(qualification), now)
        case Settable.GCC:
            return Entry(qualification, "Approved", vetting_create_date=_in_ticks(now))
        case Settable.SOE:
            return Entry(qualification)
        case _:
            assert_never(qualification)


def reviewed_anew(entry: Entry, now: datetime) -> Entry:
    """Put an entry in review since now, or since just after its last vetting: always later."""
    earlier = entry.vetted_since
    began = now if earlier is None else max(now, earlier + LATER)
    if entry.names(Settable.GCC):
        return Entry(entry.qualification, "InReview", vetting_create_date=_in_ticks(began))
    return Entry(entry.qualification, "InReview", vetting_created_date=in_milliseconds(began))


def in_milliseconds(instant: datetime) -> str:
    """Spell as Education is dated: "Get a customer's qualification", seed 004."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _in_ticks(instant: datetime) -> str:
    """Spell as GCC is dated, with a seventh digit of the second, on the same page."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}7+00:00"


def with_entry(standing: CustomerQualifications, entry: Entry) -> CustomerQualifications:
    """Put `entry` in the place of its namesake, or last; an element `None` gives way."""
    others = tuple(other for other in standing.entries if not other.names(UNQUALIFIED))
    if standing.entry(entry.qualification) is None:
        return replace(standing, entries=(*others, entry))
    kept = tuple(entry if other.names(entry.qualification) else other for other in others)
    return replace(standing, entries=kept)


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
    """Tell the qualification that a body names, empty where it names none."""
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
    strangers = sorted(given.keys() - _OWN_FIELDS[qualification])
    if strangers:
        return Unusable(f"{qualification} takes no {', '.join(strangers)}.")
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
