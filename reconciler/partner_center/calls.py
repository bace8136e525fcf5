"""The calls that are made of Partner Center, as data; the only write among them is a create.

Pure: it builds what is sent, and sends nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import UUID

from reconciler.model.errors import CallRefused
from reconciler.model.policy import CREATABLE
from reconciler.model.state import Qualification
from reconciler.partner_center.body import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from reconciler.model.plan import Create
    from reconciler.model.state import CustomerId
    from reconciler.partner_center.body import Json, NotJson

PREFIX: Final = "/v1"
APPLICATION: Final = "reconciler"
CONTINUATION: Final = "MS-ContinuationToken"
PAGE_SIZE: Final = 500
"""Customers to a page: the most that "Get a list of customers" names."""


class Kind(StrEnum):
    QUALIFICATIONS = "qualifications"
    CREATE = "create"
    CUSTOMER = "customer"
    ACCOUNT_STATUS = "account status"
    AGREEMENTS = "agreements"
    DIRECT_SIGNATURE = "direct signature"
    CUSTOMERS = "customers"
    AUDIT_RECORDS = "audit records"
    GCC_CODES = "GCC codes"


SIDE_CHECKS: Final = frozenset(
    {
        Kind.CUSTOMER,
        Kind.ACCOUNT_STATUS,
        Kind.AGREEMENTS,
        Kind.DIRECT_SIGNATURE,
        Kind.AUDIT_RECORDS,
        Kind.GCC_CODES,
    }
)
"""What fails for one of these says nothing of reading and creating qualifications."""


LISTS: Final = frozenset({Kind.CUSTOMERS, Kind.AUDIT_RECORDS, Kind.GCC_CODES})


def _always(_correlation_id: str) -> bool:
    return True


def _nobody_hears(_status: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `what` completes "could not ..."."""

    kind: Kind
    what: str
    path: str
    customer_id: CustomerId | None = None
    query: str = ""
    continuation: str | None = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)
    wanted: Callable[[str], bool] = field(default=_always, repr=False, compare=False)
    """Asked when its turn has come, with the `MS-CorrelationId` it would carry.

    A call that nobody wants any more is not sent.
    """
    heard: Callable[[int], None] = field(default=_nobody_hears, repr=False, compare=False)
    """Told the status as soon as the head of the answer is there: its body may never come."""

    @property
    def is_write(self) -> bool:
        return self.kind is Kind.CREATE

    @property
    def method(self) -> str:
        return "POST" if self.is_write else "GET"

    @property
    def most_values(self) -> int:
        """Of the JSON in its answer: ten times what the largest page has, or the longest list."""
        return 200_000 if self.kind in LISTS else 2_000

    @property
    def most_bytes(self) -> int:
        """Of its answer; a page of 500 customers has about half a MiB, one customer a few KiB."""
        return 32 * 1024 * 1024 if self.kind in LISTS else 1024 * 1024

    @property
    def secret_names(self) -> frozenset[str]:
        """What of its answer is a secret by itself, whether this run holds it or not."""
        return frozenset({"validationid"}) if self.kind is Kind.GCC_CODES else frozenset()

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


SIGN_IN_RENEWED: Final = "sign_in_renewed"
"""An extension of the answer to a write: its token was refused, and there is another one now."""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What came back, whole, without a secret of this run.

    Header names are in lower case; `retry_after` is in seconds.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: Json | NotJson = field(default=NOTHING, repr=False)
    correlation_id: str | None = None
    retry_after: float | None = None
    sign_in_renewed: bool = False


def request_headers(call: Call, request_id: str, correlation_id: str) -> dict[str, str]:
    """The headers of one attempt ("Partner Center REST headers").

    `request_id` is the idempotency key: the same for every repeat of one write. `correlation_id`
    is fresh for every attempt.
    """
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # what comes packed says nothing of its size
        "MS-RequestId": request_id,
        "MS-CorrelationId": correlation_id,
        "MS-PartnerCenter-Application": APPLICATION,
        "User-Agent": APPLICATION,
        "X-Locale": "en-US",
    }
    if call.is_write:
        headers["Content-Type"] = "application/json"
    else:
        headers["Cache-Control"] = "no-cache"  # what is decided on must be how it is now
    if call.continuation is not None:
        headers[CONTINUATION] = call.continuation
    return headers


def qualifications_call(customer_id: CustomerId) -> Call:
    """As "Get a customer's qualification asynchronously"."""
    what = f"read the qualifications of customer {customer_id}"
    return Call(Kind.QUALIFICATIONS, what, _path(customer_id, "/qualifications"), customer_id)


def create_call(create: Create) -> Call:
    """As "Update a customer's qualifications asynchronously"; CallRefused for what can't be set."""
    if create.qualification not in CREATABLE:
        raise CallRefused(
            f"{create.qualification} can't be set through the service; nothing is sent"
        )
    return Call(
        Kind.CREATE,
        f"create {create.qualification} for customer {create.customer_id}",
        _path(create.customer_id, "/qualifications"),
        create.customer_id,
        body=json.dumps(_create_body(create), ensure_ascii=False).encode(),
    )


def _create_body(create: Create) -> dict[str, str]:
    body = {"qualification": str(create.qualification)}
    if create.qualification is Qualification.EDUCATION:
        if create.education_segment is not None:
            body["educationSegment"] = str(create.education_segment)
        if create.website is not None:
            body["website"] = create.website
    if create.qualification is Qualification.GCC and create.validation_code is not None:
        body["validationCode"] = create.validation_code.reveal()
    return body


def customer_call(customer_id: CustomerId) -> Call:
    """As "Get a customer by ID"."""
    return Call(Kind.CUSTOMER, f"read customer {customer_id}", _path(customer_id), customer_id)


def account_status_call(customer_id: CustomerId) -> Call:
    """As "Retrieve the validation status of a customer"."""
    what = f"read the account status of customer {customer_id}"
    path = _path(customer_id, "/validationStatus")
    return Call(Kind.ACCOUNT_STATUS, what, path, customer_id, query="type=account")


def agreements_call(customer_id: CustomerId) -> Call:
    """As "Get confirmation of customer acceptance of Microsoft Customer Agreement"."""
    what = f"read the agreements of customer {customer_id}"
    query = "agreementType=MicrosoftCustomerAgreement"
    return Call(Kind.AGREEMENTS, what, _path(customer_id, "/agreements"), customer_id, query=query)


def direct_signature_call(customer_id: CustomerId) -> Call:
    """As "Get direct sign (direct accept) status of Microsoft Customer Agreement"."""
    what = f"read whether customer {customer_id} signed the agreement directly"
    path = _path(customer_id, "/directSignedMicrosoftCustomerAgreementStatus")
    return Call(Kind.DIRECT_SIGNATURE, what, path, customer_id)


def customers_call(query: str = f"size={PAGE_SIZE}", continuation: str | None = None) -> Call:
    """As "Get a list of customers": the first page, or the one that `continuation` leads to."""
    return Call(
        Kind.CUSTOMERS,
        "list the customers",
        f"{PREFIX}/customers",
        query=query,
        continuation=continuation,
    )


def audit_records_call(since: date, customer_id: CustomerId | None = None) -> Call:
    """As "Get a record of Partner Center activity"; before 90 days ago it is refused."""
    query = {"startDate": since.isoformat(), "size": str(PAGE_SIZE)}
    if customer_id is not None:
        wanted = {"Field": "CustomerId", "Value": customer_id, "Operator": "equals"}
        query["filter"] = json.dumps(wanted, separators=(",", ":"))
    return audit_records_page(urlencode(query), None)


def audit_records_page(query: str, continuation: str | None) -> Call:
    path = f"{PREFIX}/auditrecords"
    what = "read the audit records"
    return Call(Kind.AUDIT_RECORDS, what, path, query=query, continuation=continuation)


def gcc_codes_call() -> Call:
    """The codes of the partner, each told as its own `validationId`."""
    path = f"{PREFIX}/customers/all/validations"
    return Call(Kind.GCC_CODES, "list the validation codes", path)


# Spelt as a UUID spells itself: to read one takes longer than all else that makes a call.
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _path(customer_id: CustomerId, rest: str = "") -> str:
    """The id goes into a path, so it has to be a GUID. ValueError for any other."""
    guid = customer_id if _GUID.fullmatch(customer_id) else UUID(customer_id)
    return f"{PREFIX}/customers/{guid}{rest}"
