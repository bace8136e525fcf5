"""The rules of "Update a customer's qualifications asynchronously". It never tells a code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.create_request import Settable, Unusable, read_create_request
from reconciler.emulator.responses import coded_error, json_response, plain_error
from reconciler.emulator.world import (
    UNQUALIFIED,
    AuditRecord,
    Element,
    digest_of,
    qualifications_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.emulator.create_request import CreateRequest
    from reconciler.emulator.routing import Request
    from reconciler.emulator.tokens import Grant
    from reconciler.emulator.world import Changes, CustomerQualifications, Response, World

MOST_VERIFICATIONS: Final = 3
"""Of Education, for each customer."""

EXCLUDED_BY: Final = {Settable.EDUCATION: Settable.GCC, Settable.GCC: Settable.EDUCATION}
JSON: Final = "application/json"
PAIR_REFUSED: Final = "Customer tagging denied."
"""A bare JSON string as body, as seen in the wild."""


@dataclass(frozen=True, slots=True)
class CreateRules:
    """What faults may switch off."""

    honour_request_id: bool = True
    refuse_duplicates: bool = True


AS_DOCUMENTED: Final = CreateRules()


@dataclass(frozen=True, slots=True)
class Post:
    """One POST of a qualification to a customer of the world."""

    customer_id: str
    request: Request
    grant: Grant
    now: datetime
    rules: CreateRules


def create(world: World, changes: Changes, post: Post) -> tuple[Response, Changes]:
    """Answer as before, changing nothing, where the same request id brought the same body."""
    if _media_type(post.request) != JSON:
        why = f"The body of a create is {JSON}, and its Content-Type says so."
        return plain_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, why), changes
    key = _repeat_key(post)
    earlier = changes.answers.get(key)
    if earlier is not None and post.rules.honour_request_id:
        return earlier, changes
    given, changed = _decide(world, changes, post)
    return given, replace(changed, answers={**changed.answers, key: given})


def _media_type(request: Request) -> str:
    return request.content_type.partition(";")[0].strip().casefold()


def _repeat_key(post: Post) -> str:
    """Hide what was asked: the body of a GCC create has the code."""
    body = digest_of(post.request.body.decode("latin-1"))
    return digest_of(f"{post.request.request_id.lower()} {post.customer_id} {body}")


def _decide(world: World, changes: Changes, post: Post) -> tuple[Response, Changes]:
    request = read_create_request(post.request.body)
    if isinstance(request, Unusable):
        return coded_error(HTTPStatus.BAD_REQUEST, "InvalidRequest", request.reason), changes
    held = qualifications_of(world, changes, post.customer_id)
    refusal = _refuse_held(held, request, post.rules) or _refuse_code(world, changes, request)
    return (refusal, changes) if refusal else _take_effect(changes, held, request, post)


def _refuse_held(
    held: CustomerQualifications, request: CreateRequest, rules: CreateRules
) -> Response | None:
    qualification = request.qualification
    if held.holds(qualification) and rules.refuse_duplicates:
        why = f"The customer already has the qualification {qualification}."
        return coded_error(HTTPStatus.CONFLICT, "DuplicateQualification", why)
    rival = EXCLUDED_BY.get(qualification)
    if rival is not None and held.holds(rival):
        return json_response(HTTPStatus.BAD_REQUEST, PAIR_REFUSED)
    if qualification is Settable.EDUCATION and held.verifications >= MOST_VERIFICATIONS:
        why = f"Education can be verified {MOST_VERIFICATIONS} times."
        return coded_error(HTTPStatus.BAD_REQUEST, "VerificationLimitReached", why)
    return None


def _refuse_code(world: World, changes: Changes, request: CreateRequest) -> Response | None:
    if request.qualification is not Settable.GCC:
        return None
    digest = digest_of(request.code.reveal())
    code = world.codes.get(digest)
    if code is not None and code.creates > changes.uses.get(digest, 0):
        return None
    why = "The validation code is not valid or has no creates left."
    return coded_error(HTTPStatus.BAD_REQUEST, "InvalidValidationCode", why)


def _take_effect(
    changes: Changes, held: CustomerQualifications, request: CreateRequest, post: Post
) -> tuple[Response, Changes]:
    element = new_element(request.qualification, held, post.now)
    verified = request.qualification is Settable.EDUCATION
    after = replace(with_element(held, element), verifications=held.verifications + verified)
    changed = replace(
        changes.with_qualifications(post.customer_id, after),
        uses=_uses_with(changes, request),
        audit_records=(*changes.audit_records, _record(request.qualification, post)),
    )
    return _created(element), changed


def _record(qualification: Settable, post: Post) -> AuditRecord:
    return AuditRecord(
        post.customer_id,
        qualification,
        in_milliseconds(post.now),
        user=post.grant.user,
        application_id=post.grant.application_id,
        correlation_id=post.request.correlation_id,
    )


def _uses_with(changes: Changes, request: CreateRequest) -> dict[str, int]:
    uses = dict(changes.uses)
    if request.qualification is Settable.GCC:
        digest = digest_of(request.code.reveal())
        uses[digest] = uses.get(digest, 0) + 1
    return uses


def _created(element: Element) -> Response:
    """Spell the date as POST's sample does, `vettingCreateDate`, whatever GET calls it."""
    body = {
        "qualification": element.qualification,
        "vettingStatus": element.vetting_status,
        "vettingCreateDate": element.vetting_create_date or element.vetting_created_date,
    }
    present = {name: text for name, text in body.items() if text is not None}
    return json_response(HTTPStatus.CREATED, present)


LATER: Final = timedelta(milliseconds=1)


def new_element(qualification: Settable, held: CustomerQualifications, now: datetime) -> Element:
    """Make what a create leaves: Education in review, GCC approved, SOE without vetting."""
    match qualification:
        case Settable.EDUCATION:
            return reviewed_anew(held.element(qualification) or Element(qualification), now)
        case Settable.GCC:
            return Element(qualification, "Approved", vetting_create_date=_in_ticks(now))
        case Settable.SOE:
            return Element(qualification)
        case _:
            assert_never(qualification)


def reviewed_anew(element: Element, now: datetime) -> Element:
    """Put an element in review since now, or since just after its last vetting: always later."""
    earlier = element.vetted_since
    began = now if earlier is None else max(now, earlier + LATER)
    if element.names(Settable.GCC):
        return Element(element.qualification, "InReview", vetting_create_date=_in_ticks(began))
    return Element(element.qualification, "InReview", vetting_created_date=in_milliseconds(began))


def in_milliseconds(instant: datetime) -> str:
    """As "Get a customer's qualification asynchronously" spells the date of Education."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _in_ticks(instant: datetime) -> str:
    """Spell as GCC is dated, with a seventh digit of the second, on the same page."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}7+00:00"


def with_element(held: CustomerQualifications, element: Element) -> CustomerQualifications:
    """Put `element` in the place of its namesake, or last; an element `None` gives way."""
    others = tuple(other for other in held.elements if not other.names(UNQUALIFIED))
    if held.element(element.qualification) is None:
        return replace(held, elements=(*others, element))
    kept = tuple(element if other.names(element.qualification) else other for other in others)
    return replace(held, elements=kept)
