"""A list is told once and whole, page by page."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.routing import Request
from reconciler.model.secret import Secret
from tests.emulator.worlds import Desk, wire


def numbered(count: int) -> Desk:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(count)]
    return Desk({"customers": [{"id": customer} for customer in ids]})


def pages_of(desk: Desk, size: int) -> list[Any]:
    request = Request("GET", "/v1/customers", "r", "c", Secret("user"), {"size": str(size)})
    pages = [wire(desk.ask(request))]
    following = replace(request, query={"size": str(size), "seekoperation": "Next"})
    while token := pages[-1].get("continuationToken"):
        pages.append(wire(desk.ask(replace(following, continuation=token))))
    return pages


@given(st.integers(0, 12), st.integers(1, 6))
def test_pages_tell_every_customer_once(count: int, size: int) -> None:
    """However large the pages, each customer is told once, in the seed's order."""
    desk = numbered(count)
    pages = pages_of(desk, size)
    told = [item["id"] for page in pages for item in page["items"]]
    assert told == [customer["id"] for customer in desk.seed["customers"]]  # type: ignore[attr-defined]  # the seed is a plain mapping
    assert all(len(page["items"]) == size for page in pages[:-1])
    assert {page["totalCount"] for page in pages} == {count}


def test_a_next_link_brings_its_header() -> None:
    """The next link names its header with the token, and the last page has neither."""
    first, last = pages_of(numbered(3), 2)
    header = {"key": "MS-ContinuationToken", "value": first["continuationToken"]}
    assert first["links"]["next"]["headers"] == [header]
    assert first["links"]["self"]["uri"] == "/customers?size=2"
    assert last["links"].keys() == {"self"}
    assert "continuationToken" not in last


def test_the_token_knows_the_query() -> None:
    """A next page is of the first one's query, though its link repeats only the size."""
    desk = numbered(12)
    below_ten = "00000000-0000-4000-8000-00000000000"
    prefix = f'{{"Field":"CompanyName","Value":"{below_ten}","Operator":"starts_with"}}'
    first = wire(desk.get("/v1/customers", size="6", filter=prefix))
    request = Request("GET", "/v1/customers", "r", "c", Secret("user"), {"seekoperation": "next"})
    last = wire(desk.ask(replace(request, continuation=first["continuationToken"])))
    assert [len(page["items"]) for page in (first, last)] == [6, 4]
    assert "continuationToken" not in last


@pytest.mark.parametrize("size", ["0", "501", "-1", "many", "1" * 20])
def test_a_wrong_size_is_refused(size: str) -> None:
    """A page has 1 to 500 customers."""
    assert numbered(1).get("/v1/customers", size=size).status == 400


def encoded(token: str) -> str:
    return urlsafe_b64encode(token.encode()).decode()


@pytest.mark.parametrize(
    "token", ["", "after-3", "after-x", "3" * 20, *map(encoded, ["3?size=2", "x?size=2", "\xff"])]
)
def test_a_wrong_continuation_token_is_refused_with_2000(token: str) -> None:
    """A token that leads past the end, or nowhere, is 400 with code 2000."""
    query = {"size": "2", "seekoperation": "next"}
    request = Request("GET", "/v1/customers", "r", "c", Secret("user"), query, token)
    answer = numbered(3).ask(request)
    assert (answer.status, wire(answer)["code"]) == (400, "2000")
