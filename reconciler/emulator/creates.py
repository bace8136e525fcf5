"""The rules of creating a qualification (domain.md, section 2). It never tells a code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator.answers import answer, coded
from reconciler.emulator.entries import in_milliseconds, new_entry, with_entry
from reconciler.emulator.wanted import Settable, Unusable, Wanted, read_wanted
from reconciler.emulator.world import Creation, digest_of, standing_of

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.emulator.world import Answer, Changes, Entry, Standing, World

MOST_VERIFICATIONS: Final = 3
"""Of Education, for each customer."""

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
    wanted = read_wanted(attempt.body)
    if isinstance(wanted, Unusable):
        return coded(HTTPStatus.BAD_REQUEST, "InvalidRequest", wanted.reason), changes
    standing = standing_of(world, changes, attempt.customer_id)
    refusal = _held_refusal(standing, wanted, attempt.rules) or _code_refusal(
        world, changes, wanted
    )
    return (refusal, changes) if refusal else _take_effect(changes, standing, wanted, attempt)


def _held_refusal(standing: Standing, wanted: Wanted, rules: CreateRules) -> Answer | None:
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


def _code_refusal(world: World, changes: Changes, wanted: Wanted) -> Answer | None:
    if wanted.qualification is not Settable.GCC:
        return None
    digest = digest_of(wanted.code.reveal())
    if world.codes.get(digest, 0) > changes.uses.get(digest, 0):
        return None
    told = "The validation code is not valid or has no creates left."
    return coded(HTTPStatus.BAD_REQUEST, "InvalidValidationCode", told)


def _take_effect(
    changes: Changes, standing: Standing, wanted: Wanted, attempt: Attempt
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


def _uses_with(changes: Changes, wanted: Wanted) -> dict[str, int]:
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
