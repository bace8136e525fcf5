"""What the bytes of an answer become: plain data without a secret, or the reason why not."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import KnownSecrets, Secret
from reconciler.partner_center.body import Json, NotJson, read_body
from tests.partner_center.answers import CODE, CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 100


def read(body: bytes | str, *secrets: str) -> Json | NotJson:
    sent = body if isinstance(body, bytes) else body.encode()
    return read_body(sent, MOST, KnownSecrets(*map(Secret, secrets)))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "it is empty"),
        ("{", "it is no JSON from character 1 on"),
        ("[1] planted", "it is no JSON from character 4 on"),
        (b'"\xff"', "it is not UTF-8"),
        ('"a"'.encode("utf-16"), "it is not UTF-8"),
        ('{"a": 1, "a": 1}', "it says one name twice"),
        ('[{"b": [{"a": {}, "\\u0061": {}}]}]', "it says one name twice"),
        ("[NaN]", "it holds a number that JSON doesn't have"),
        ("-Infinity", "it holds a number that JSON doesn't have"),
        ("9" * 5000, "it holds a number that is too long"),
        ("[" + "0," * MOST + "0]", "it holds more than the 100 values that are due at most"),
    ],
)
def test_what_is_refused_says_why(body: bytes | str, why: str) -> None:
    """A name twice (escaped too), what JSON lacks and what is too much; nothing is repeated."""
    assert read(body) == NotJson(why)


@pytest.mark.parametrize("most", [3, 10])
@pytest.mark.parametrize(
    "body_of",
    [
        lambda values: json.dumps([0] * (values - 1)),
        lambda values: "[" * (values - 1) + "]" * (values - 1),
        lambda values: '{"a":' * (values - 1) + "0" + "}" * (values - 1),
    ],
    ids=["flat", "lists", "objects"],
)
def test_the_bound_is_a_bound(most: int, body_of: Callable[[int], str]) -> None:
    """So many values are read, whatever they are of; more than they can be are refused."""
    for values, refused in ((most, False), (most + 1, True)):
        said = read_body(body_of(values).encode(), most, KnownSecrets())
        why = said.why if isinstance(said, NotJson) else ""
        assert ("are due at most" in why) is refused


def test_what_is_nested_too_deeply_is_refused() -> None:
    """Within the number of values that is allowed, and never with a traceback."""
    for opening in (b"[", b'{"a":'):
        body = opening * 50_000
        assert read_body(body, 200_000, KnownSecrets(CODE)) == NotJson("it is nested too deeply")


@pytest.mark.parametrize("element", [b"{},", b"[],", b"0,", b'{"a":{}},'])
def test_tiny_elements_cost_no_memory(element: bytes) -> None:
    """30 MB of them are refused before one is read: 1.2 GB and 24 s once."""
    body = b"[" + element * (30_000_000 // len(element)) + b"0]"
    tracemalloc.start()
    assert isinstance(read_body(body, 200_000, KnownSecrets()), NotJson)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_without_secrets_all_is_read_as_it_is(value: object) -> None:
    """Nothing is bent that need not be."""
    assert read(json.dumps(value, ensure_ascii=False)) == value
    assert read(json.dumps(value)) == value


@pytest.mark.parametrize(
    "body",
    ['"the code 123456"', r'"the code 1234\u00356"', r'"the code \u0031\u0032\u0033456"'],
)
def test_an_escaped_secret_is_struck_out_too(body: str) -> None:
    """However JSON spells it."""
    assert read(body, "123456") == "the code ***"


def test_secrets_are_struck_out_of_every_text() -> None:
    """At any depth, in a number too; what only leads to the next page stays."""
    sent = {
        "code": 123456,
        "Deep": [{"Name": "x123456"}, True, None, 12],
        "Links": {"next": {"uri": "/customers?123456"}},
        "ContinuationToken": "123456",
        "totalCount": 123456,
    }
    assert read(json.dumps(sent), "123456") == sent | {
        "code": "***",
        "Deep": [{"Name": "x***"}, True, None, 12],
    }


@pytest.mark.parametrize(
    "text", [CUSTOMER, "2020-12-03T10:37:38.885Z", "Approved", "600074", "EDUCATION", "Not Ready"]
)
def test_what_decides_something_is_not_bent(text: str) -> None:
    """A short code in a GUID, a date or a word of the protocol by chance changes nothing."""
    assert read(json.dumps([text]), "03", "7", "app", "n", "E") == [text]


def test_a_guid_that_is_a_secret_is_one() -> None:
    """A ready token may be one."""
    assert read(json.dumps([CUSTOMER]), CUSTOMER) == ["***"]


@pytest.mark.parametrize("number", ['"4711"', "4711", '"47\\u00311"'])
def test_what_is_a_secret_by_its_name(number: str) -> None:
    """It is wrapped as it is read, held or not, and nothing struck out of it."""
    body = f'[{{"ValidationId": {number}, "remainingCreates": 2}}]'.encode()
    for held in (KnownSecrets(), KnownSecrets(Secret("4711"))):
        content = read_body(body, MOST, held, frozenset({"validationid"}))
        assert content == [{"ValidationId": Secret("4711"), "remainingCreates": 2}]
        assert "4711" not in repr(content)
