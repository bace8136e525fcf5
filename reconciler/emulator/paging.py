"""Cuts a list into pages, as "Get a list of customers" has them."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.emulator.routing import Request

Item = TypeVar("Item")

LARGEST_PAGE: Final = 500


class QueryRefused(Exception):
    """A query that is answered by 400, with the service's code."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Page:
    """The page that is asked for; `query` is the first page's, whatever the next one repeats."""

    query: Mapping[str, str]
    start: int
    size: int


def read_page(request: Request) -> Page:
    """Raise QueryRefused where the size or the continuation token is none."""
    start, query = 0, dict(request.query)
    if query.pop("seekoperation", "").casefold() == "next":
        start, query = _read_token(request.continuation)
    size = _number(query.get("size", str(LARGEST_PAGE)))
    if size is None or not 1 <= size <= LARGEST_PAGE:
        raise QueryRefused("2001", f"size is 1 to {LARGEST_PAGE}.")
    return Page(query, start, size)


def cut_page(
    path: str, page: Page, items: Sequence[Item], describe: Callable[[Item], object]
) -> dict[str, object]:
    """The page as the service spells it; a next link doesn't start with /v1 (it may or may not)."""
    if page.start and page.start >= len(items):
        raise QueryRefused("2000", "The continuation token is not valid.")
    end = page.start + page.size
    links = {"self": _link(f"{path}?{urlencode(page.query)}", [])}
    body: dict[str, object] = {
        "totalCount": len(items),
        "items": [describe(item) for item in items[page.start : end]],
        "links": links,
        "attributes": {"objectType": "Collection"},
    }
    if end < len(items):
        token = body["continuationToken"] = _token(end, page.query)
        header = {"key": "MS-ContinuationToken", "value": token}
        links["next"] = _link(f"{path}?size={page.size}&seekOperation=Next", [header])
    return body


def _link(uri: str, headers: list[dict[str, str]]) -> dict[str, object]:
    return {"uri": uri, "method": "GET", "headers": headers}


def _token(end: int, query: Mapping[str, str]) -> str:
    """Let the token know the whole query: a client follows it, not the filter."""
    return urlsafe_b64encode(f"{end}?{urlencode(query)}".encode()).decode()


def _read_token(token: str) -> tuple[int, dict[str, str]]:
    try:
        end, _, query = urlsafe_b64decode(token).decode().partition("?")
    except ValueError:
        end, query = "", ""
    start = _number(end)
    if start is None:
        raise QueryRefused("2000", "The continuation token is not valid.")
    return start, dict(parse_qsl(query))


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
