"""The service's lists, page by page; pages that loop or are cut off are errors, never an end.

Pure. A next page is asked for with `seekOperation=next` and the header `MS-ContinuationToken`; of a
link that the service sends, only the query and that one header are followed, never another address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Annotated, Final, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, TypeAdapter

from reconciler.model.audit import AuditRecord
from reconciler.model.state import CustomerId, CustomerSummary, Qualification
from reconciler.partner_center.calls import (
    CONTINUATION,
    PAGE_SIZE,
    PREFIX,
    audit_records_call,
    audit_records_page,
    customers_call,
)
from reconciler.partner_center.errors import plain_text, read_error_body, unreadable
from reconciler.partner_center.protocol import NO_MORE_RECORDS
from reconciler.partner_center.wire import CompanyProfile, read_shape
from reconciler.partner_center.wire_types import Guid, Instant, MaybeEmptyWord, WireShape, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import date

    from reconciler.partner_center.calls import Call, ServiceAnswer

Shape = TypeVar("Shape", bound=WireShape)
Item = TypeVar("Item")

END_OF_LIST: Final = (400, NO_MORE_RECORDS)
"""Status and code that have been read as the end of a list."""

MOST_BARREN: Final = 100
"""Pages in a row that bring no new customer and still name a next one."""

_HEADER_TEXT: Final = re.compile(r"[\x20-\x7e]{0,8192}")
_QUERY: Final = re.compile(r"[\x21-\x7e]{0,8192}")


def _refuse_unsendable(token: str) -> str:
    if not _HEADER_TEXT.fullmatch(token):
        raise ValueError("a continuation token that can't be sent")
    return token


Token = Annotated[str, AfterValidator(_refuse_unsendable)]


class _LinkHeader(WireShape):
    key: str
    value: Token


class _Link(WireShape):
    uri: str
    headers: list[_LinkHeader] | None = None


class _Links(WireShape):
    next: _Link | None = None


class _Listed(WireShape):
    id: Guid
    profile: CompanyProfile | None = Field(default=None, alias="companyprofile")


class _Page(WireShape, Generic[Shape]):
    items: list[Shape]
    total: int | None = Field(default=None, alias="totalcount")
    links: _Links | None = None
    token: Token | None = Field(default=None, alias="continuationtoken")


@dataclass(frozen=True, slots=True)
class ListOf(Generic[Shape, Item]):
    """What a list is of: its first call, the shape of its pages, and what is made of an element.

    `key` tells elements apart, since one can be on two pages. `page` is how the next page is asked
    for, by its query and its continuation token.
    """

    first: Call
    shape: TypeAdapter[_Page[Shape]]
    read: Callable[[Shape], Item]
    key: Callable[[Item], Hashable]
    page: Callable[[str, str | None], Call]


class Listing(Generic[Shape, Item]):
    """The pages of one list. `next_call` is None when all was told."""

    def __init__(self, of: ListOf[Shape, Item]) -> None:
        self._of = of
        self.next_call: Call | None = of.first
        self._requested = {_key(of.first)}
        self._seen: set[Hashable] = set()
        self._total = 0
        self._barren = 0

    def take(self, call: Call, answer: ServiceAnswer) -> tuple[Item, ...]:
        """What this page adds. Raises ServiceError; the list is then not whole."""
        page = self._read(call, answer)
        fresh = tuple(each for each in map(self._of.read, page.items) if self._is_new(each))
        self._total = max(self._total, page.total or 0)
        self._barren = 0 if fresh else self._barren + 1
        self.next_call = self._next(call, answer, page)
        if self.next_call is None and len(self._seen) < self._total:
            problem = f"it tells of {self._total} {call.kind} and lists {len(self._seen)}"
            raise unreadable(call, answer, problem)
        return fresh

    def _read(self, call: Call, answer: ServiceAnswer) -> _Page[Shape]:
        continued = call.continuation is not None or call.query != self._of.first.query
        if continued and (answer.status, read_error_body(answer).code) == END_OF_LIST:
            return _Page(items=[])
        return read_shape(self._of.shape, call, answer)

    def _is_new(self, item: Item) -> bool:
        key = self._of.key(item)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _next(self, call: Call, answer: ServiceAnswer, page: _Page[Shape]) -> Call | None:
        following = self._following(call, answer, page)
        if following is None:
            return None
        if _key(following) in self._requested or self._barren > MOST_BARREN:
            raise unreadable(call, answer, "its pages lead round in a circle")
        self._requested.add(_key(following))
        return following

    def _following(self, call: Call, answer: ServiceAnswer, page: _Page[Shape]) -> Call | None:
        link = page.links.next if page.links else None
        if link is None:
            size = f"size={PAGE_SIZE}&seekOperation=next"
            return self._of.page(size, page.token) if page.token else None
        named = {each.key.casefold(): each.value for each in link.headers or ()}
        token = named.get(CONTINUATION.casefold()) or page.token or None
        parts = urlsplit(link.uri)
        path = self._of.first.path.removeprefix(PREFIX)
        if parts.path.removeprefix(PREFIX) != path or not _QUERY.fullmatch(parts.query):
            raise unreadable(call, answer, f"its next page is not a page of {call.kind}")
        return self._of.page(parts.query, token)


def _key(call: Call) -> tuple[str, str | None]:
    return call.query, call.continuation


def _summary(item: _Listed) -> CustomerSummary:
    profile = item.profile or CompanyProfile()
    name = plain_text(profile.name or "")
    return CustomerSummary(CustomerId(str(item.id)), name, profile.domain or None)


def customers() -> Listing[_Listed, CustomerSummary]:
    """Every customer of the partner ("Get a list of customers")."""
    of = ListOf(
        customers_call(), _CUSTOMERS, _summary, lambda each: each.customer_id, customers_call
    )
    return Listing(of)


class _AuditRecord(WireShape):
    """An audit record; its documented fields, and `originalCorrelationId`, which the SDK has."""

    customer_id: str | None = Field(default=None, alias="customerid")
    user: str | None = Field(default=None, alias="userprincipalname")
    application: str | None = Field(default=None, alias="applicationid")
    operation: Word = Field(alias="operationtype")
    status: MaybeEmptyWord = Field(default="", alias="operationstatus")
    at: Instant = Field(default=None, alias="operationdate")
    correlation_id: str | None = Field(default=None, alias="originalcorrelationid")
    new_value: str | None = Field(default=None, alias="resourcenewvalue")


def _audit_record(item: _AuditRecord) -> AuditRecord:
    return AuditRecord(
        at=item.at if isinstance(item.at, datetime) else None,
        customer_id=None if item.customer_id is None else CustomerId(item.customer_id.lower()),
        operation=item.operation,
        status=item.status,
        user=plain_text(item.user) if item.user else None,
        application=plain_text(item.application) if item.application else None,
        correlation_id=item.correlation_id,
        qualification=_qualification_of(item.new_value),
    )


def _qualification_of(new_value: str | None) -> str | None:
    """The record tells the new value as JSON in a text; what it holds is documented nowhere."""
    named = (known.value for known in Qualification if known is not Qualification.NONE)
    return next((name for name in named if f'"{name}"' in (new_value or "")), None)


def audit_records(
    since: date, customer_id: CustomerId | None = None
) -> Listing[_AuditRecord, AuditRecord]:
    """What was done since a day ("Get a record of Partner Center activity"), newest first."""
    # No record is taken for another's double: a record has no id, and two can read the same.
    numbers = count()
    of = ListOf(
        audit_records_call(since, customer_id),
        _AUDIT_RECORDS,
        _audit_record,
        lambda _: next(numbers),
        audit_records_page,
    )
    return Listing(of)


_CUSTOMERS: Final = TypeAdapter(_Page[_Listed])
_AUDIT_RECORDS: Final = TypeAdapter(_Page[_AuditRecord])
