"""Reads the answers of Partner Center into state, or into exceptions.

Pure, and lenient where the service is known to vary: the case of names and values, the spelling and
precision of dates, properties that nobody knows. What it can't understand is an error and never an
empty answer. Contact persons of agreements have no place in these shapes, so they can't be kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
)

from reconciler.model.account_status import known_account_status
from reconciler.model.plan import Created
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    LiveQualification,
    Qualification,
    format_instant,
    known_qualification,
    known_status,
)
from reconciler.partner_center.body import NotJson
from reconciler.partner_center.errors import (
    plain_text,
    read_error_body,
    refusal,
    unreadable,
)
from reconciler.partner_center.protocol import (
    ACCOUNT,
    AGREEMENT,
    NO_ACCOUNT_STATUS,
)
from reconciler.partner_center.wire_types import (
    Guid,
    Instant,
    MaybeEmptyWord,
    SecretText,
    WireShape,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reconciler.model.plan import Create
    from reconciler.model.secret import Secret
    from reconciler.partner_center.calls import Call, ServiceAnswer

Shape = TypeVar("Shape")

OK: Final = 200
CREATED: Final = 201
NOT_FOUND: Final = 404


class _Element(WireShape):
    """As "Get a customer's qualification asynchronously", which spells the date in two ways."""

    qualification: Word
    status: MaybeEmptyWord | None = Field(default=None, alias="vettingstatus")
    reason: str | None = Field(default=None, alias="vettingreason")
    created: Instant = Field(default=None, alias="vettingcreateddate")
    created_too: Instant = Field(default=None, alias="vettingcreatedate")

    @property
    def vetting_date(self) -> datetime | str | None:
        """The date, or the text of what can't be taken for one."""
        if self.created and self.created_too and self.created != self.created_too:
            return " and ".join(map(_as_text, (self.created, self.created_too)))
        return self.created or self.created_too


class _AccountStatus(WireShape):
    type: str = ACCOUNT
    status: Word


class _Agreement(WireShape):
    type: str


class _Agreements(WireShape):
    items: list[_Agreement]
    total: int | None = Field(default=None, alias="totalcount")


class _DirectSignature(WireShape):
    signed: bool = Field(alias="issigned")


class CompanyProfile(WireShape):
    domain: MaybeEmptyWord | None = None
    name: str | None = Field(default=None, alias="companyname")


class _Customer(WireShape):
    id: Guid
    profile: CompanyProfile | None = Field(default=None, alias="companyprofile")


class _CodeUse(WireShape):
    code: SecretText = Field(alias="validationid")
    left: int = Field(alias="remainingcreates")


_CODE_USES: Final = TypeAdapter(tuple[_CodeUse, ...])
_ELEMENTS: Final = TypeAdapter(tuple[_Element, ...])
_ELEMENT: Final = TypeAdapter(_Element)
_ACCOUNT_STATUS: Final = TypeAdapter(_AccountStatus)
_AGREEMENTS: Final = TypeAdapter(_Agreements)
_DIRECT_SIGNATURE: Final = TypeAdapter(_DirectSignature)
_CUSTOMER: Final = TypeAdapter(_Customer)


def is_whole(answer: ServiceAnswer) -> bool:
    """Whether the body is JSON at all, of whatever shape: else asking again may help."""
    return not isinstance(answer.content, NotJson) and _is_json_type(answer)


def _is_json_type(answer: ServiceAnswer) -> bool:
    media_type = answer.headers.get("content-type", "application/json").partition(";")[0].strip()
    return media_type.casefold().endswith(("/json", "+json"))


def read_shape(
    shape: TypeAdapter[Shape], call: Call, answer: ServiceAnswer, statuses: Iterable[int] = (OK,)
) -> Shape:
    """Read a successful answer, or raise the exception that the answer is."""
    if not OK <= answer.status < 300:  # noqa: PLR2004 - the 2xx, which have no name
        raise refusal(call, answer)
    why = _why_no_json(answer) if answer.status in statuses else "no such status was due"
    if why is None:
        try:
            return shape.validate_python(answer.content)
        except ValidationError as error:
            why = _first_problem(error)
    raise unreadable(call, answer, why)


def _why_no_json(answer: ServiceAnswer) -> str | None:
    if not _is_json_type(answer):
        media_type = plain_text(answer.headers["content-type"], 60)
        return f"it is {media_type}, not JSON (a sign-in page, or a proxy's)"
    return answer.content.why if isinstance(answer.content, NotJson) else None


def _first_problem(error: ValidationError) -> str:
    """Say what is wrong, and where; never what the answer holds."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(each) for each in first["loc"])
    return f"{first['msg']}, at {place}" if place else first["msg"]


def read_qualifications(call: Call, answer: ServiceAnswer) -> tuple[LiveQualification, ...]:
    """A bare array; an element `None` says the same as no element.

    A qualification that is told twice stays twice: which of the two counts, LiveCustomer decides.
    """
    elements = read_shape(_ELEMENTS, call, answer)
    found = (_live(element) for element in elements)
    return tuple(live for live in found if live.qualification != Qualification.NONE)


def _as_text(date: datetime | str) -> str:
    return date if isinstance(date, str) else format_instant(date)


def _live(element: _Element) -> LiveQualification:
    known = known_qualification(element.qualification)
    status, date = element.status, element.vetting_date
    return LiveQualification(
        qualification=element.qualification if known is None else known,
        vetting_status=None if status is None else known_status(status) or status,
        vetting_reason=plain_text(element.reason) if element.reason else None,
        vetting_created=None if isinstance(date, str) else date,
        odd_date=date if isinstance(date, str) else None,
    )


def read_created(call: Call, answer: ServiceAnswer, create: Create) -> Created:
    """One object, with 201 or 200. OutcomeUnknown for a 2xx that can't be understood."""
    element = read_shape(_ELEMENT, call, answer, (OK, CREATED))
    live = _live(element)
    if live.qualification != create.qualification:
        raise unreadable(call, answer, f"it tells {live.qualification}, which was not asked for")
    return Created(live, answer.correlation_id or "")


def read_customer_domain(call: Call, answer: ServiceAnswer) -> CustomerDomain:
    customer = read_shape(_CUSTOMER, call, answer)
    if str(customer.id) != call.customer_id:
        raise unreadable(call, answer, "it tells of another customer")
    return CustomerDomain((customer.profile and customer.profile.domain) or None)


def read_account_status(call: Call, answer: ServiceAnswer) -> CustomerAccount:
    """404 with code 600074: none ("Retrieve the validation status of a customer")."""
    if answer.status == NOT_FOUND and read_error_body(answer).code == NO_ACCOUNT_STATUS:
        return CustomerAccount(None)
    read = read_shape(_ACCOUNT_STATUS, call, answer)
    if read.type.casefold() != ACCOUNT:
        raise unreadable(call, answer, "it tells of another kind of validation")
    known = known_account_status(read.status)
    return CustomerAccount(read.status if known is None else known.spelling)


def read_agreements(call: Call, answer: ServiceAnswer) -> CustomerAgreement:
    """Only items of the type asked for count, whatever others the service adds to the list."""
    read = read_shape(_AGREEMENTS, call, answer)
    confirmed = any(item.type.casefold() == AGREEMENT.casefold() for item in read.items)
    if not confirmed and read.total is not None and read.total > len(read.items):
        raise unreadable(call, answer, "it holds fewer agreements than it counts")
    return CustomerAgreement(confirmed)


def read_direct_signature(call: Call, answer: ServiceAnswer) -> CustomerAgreement:
    return CustomerAgreement(read_shape(_DIRECT_SIGNATURE, call, answer).signed)


def read_code_uses(call: Call, answer: ServiceAnswer) -> tuple[tuple[Secret, int], ...]:
    """Each code, and how many creates it has left."""
    return tuple((use.code, use.left) for use in read_shape(_CODE_USES, call, answer))


def retry_hint(answer: ServiceAnswer) -> bool | None:
    """`isRetryable` of an error body, where it is present."""
    return read_error_body(answer).retryable
