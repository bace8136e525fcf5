"""The list of customers, page by page; pages that loop or are cut off are errors, never an end.

Pure. A next page is asked for with `seekOperation=next` and the header `MS-ContinuationToken`; of a
link that the service sends, only the query and that one header are followed, never another address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, TypeAdapter

from reconciler.model.state import CustomerId, CustomerSummary
from reconciler.partner_center.calls import CONTINUATION, PAGE_SIZE, PREFIX, customers_call
from reconciler.partner_center.errors import plain_text, read_error_body, unreadable
from reconciler.partner_center.protocol import NO_MORE_RECORDS
from reconciler.partner_center.wire import CompanyProfile, read_shape
from reconciler.partner_center.wire_types import Guid, WireShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.partner_center.calls import Call, ServiceAnswer

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


class _Page(WireShape):
    items: list[_Listed]
    total: int | None = Field(default=None, alias="totalcount")
    links: _Links | None = None
    token: Token | None = Field(default=None, alias="continuationtoken")


_PAGE: Final = TypeAdapter(_Page)
_END: Final = _Page(items=[])


class Listing:
    """The pages of one list. `next_call` is None when all was told."""

    def __init__(self) -> None:
        self.next_call: Call | None = customers_call()
        self._asked = {_key(self.next_call)}
        self._seen: set[CustomerId] = set()
        self._total = 0
        self._barren = 0

    def take(self, call: Call, answer: ServiceAnswer) -> tuple[CustomerSummary, ...]:
        """The customers that this page adds. Raises ServiceError; the list is then not whole."""
        page = self._read(call, answer)
        fresh = tuple(each for each in _summaries(page) if self._is_new(each))
        self._total = max(self._total, page.total or 0)
        self._barren = 0 if fresh else self._barren + 1
        self.next_call = self._next(call, answer, page)
        if self.next_call is None and len(self._seen) < self._total:
            told = f"it tells of {self._total} customers and lists {len(self._seen)}"
            raise unreadable(call, answer, told)
        return fresh

    def _read(self, call: Call, answer: ServiceAnswer) -> _Page:
        continued = call.continuation is not None or call.query != customers_call().query
        if continued and (answer.status, read_error_body(answer).code) == END_OF_LIST:
            return _END
        return read_shape(_PAGE, call, answer)

    def _is_new(self, customer: CustomerSummary) -> bool:
        if customer.customer_id in self._seen:
            return False
        self._seen.add(customer.customer_id)
        return True

    def _next(self, call: Call, answer: ServiceAnswer, page: _Page) -> Call | None:
        following = _following(call, answer, page)
        if following is None:
            return None
        if _key(following) in self._asked or self._barren > MOST_BARREN:
            raise unreadable(call, answer, "its pages lead round in a circle")
        self._asked.add(_key(following))
        return following


def _key(call: Call) -> tuple[str, str | None]:
    return call.query, call.continuation


def _summaries(page: _Page) -> Iterator[CustomerSummary]:
    for item in page.items:
        profile = item.profile or CompanyProfile()
        name = plain_text(profile.name or "")
        yield CustomerSummary(CustomerId(str(item.id)), name, profile.domain or None)


def _following(call: Call, answer: ServiceAnswer, page: _Page) -> Call | None:
    link = page.links.next if page.links else None
    if link is None:
        return (
            customers_call(f"size={PAGE_SIZE}&seekOperation=next", page.token)
            if page.token
            else None
        )
    named = {each.key.casefold(): each.value for each in link.headers or ()}
    token = named.get(CONTINUATION.casefold()) or page.token or None
    parts = urlsplit(link.uri)
    if parts.path.removeprefix(PREFIX) != "/customers" or not _QUERY.fullmatch(parts.query):
        raise unreadable(call, answer, "its next page is not a page of customers")
    return customers_call(parts.query, token)
