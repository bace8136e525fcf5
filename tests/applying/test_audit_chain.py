"""Every edit, drop and change of order in an audit log is found, and the line is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.audit_chain import BrokenChain, Chain, follow_chain
from tests.worlds import CLAIM

if TYPE_CHECKING:
    from collections.abc import Mapping


def written(*events: Mapping[str, object]) -> list[bytes]:
    chain, lines = Chain(), []
    for event in events:
        line, chain = chain.link(event)
        lines.append(line)
    return lines


def log(number: int) -> list[bytes]:
    return written(*({"event": "posting", "at": each} for each in range(number)))


events = st.lists(
    st.dictionaries(st.text(), st.none() | st.integers() | st.text(), max_size=4), max_size=6
)


@CLAIM
@given(events)
def test_what_was_written_is_whole(told: list[dict[str, object]]) -> None:
    """Whatever the events say, line breaks and `hash` included."""
    safe = [{f"x{name}": text for name, text in each.items()} for each in told]
    chain = follow_chain(b"".join(written(*safe)))
    assert isinstance(chain, Chain)
    assert chain.lines == len(told)


@CLAIM
@given(st.integers(2, 7), st.data())
def test_any_other_byte_is_found(number: int, data: st.DataObject) -> None:
    """At the line that was edited, or at the next one where its end was taken for more."""
    content = b"".join(log(number))
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    found = follow_chain(content[:at] + bytes([other]) + content[at + 1 :])
    assert isinstance(found, BrokenChain)
    assert found.line == content[:at].count(b"\n") + 1


@CLAIM
@given(st.integers(2, 7), st.data())
def test_a_dropped_line_is_found(number: int, data: st.DataObject) -> None:
    """Any but the last, by the number that is missing."""
    dropped = data.draw(st.integers(0, number - 2))
    lines = log(number)
    found = follow_chain(b"".join(lines[:dropped] + lines[dropped + 1 :]))
    assert isinstance(found, BrokenChain)
    assert found.line == dropped + 1


@CLAIM
@given(st.integers(2, 6).flatmap(lambda number: st.permutations(range(number))))
def test_another_order_is_found(order: list[int]) -> None:
    """At the first line that is not where it was."""
    lines = log(len(order))
    found = follow_chain(b"".join(lines[each] for each in order))
    moved = [place for place, each in enumerate(order) if place != each]
    if moved:
        assert isinstance(found, BrokenChain)
        assert found.line == moved[0] + 1
    else:
        assert isinstance(found, Chain)


def test_a_dropped_last_line_leaves_another_hash() -> None:
    """The file alone doesn't tell: the hash that was kept elsewhere does."""
    whole, shorter = follow_chain(b"".join(log(3))), follow_chain(b"".join(log(3)[:2]))
    assert isinstance(whole, Chain)
    assert isinstance(shorter, Chain)
    assert whole.last != shorter.last


@pytest.mark.parametrize("at", [0, 1])
def test_a_line_written_anew_is_found_by_the_next(at: int) -> None:
    """Whoever counts its hash anew has to write all that follow, too."""
    lines = log(3)
    said = json.loads(lines[at])
    forged = Chain(at, said["previous"]).link({"event": "posting", "name": "somebody else"})[0]
    found = follow_chain(b"".join([*lines[:at], forged, *lines[at + 1 :]]))
    assert isinstance(found, BrokenChain)
    assert (found.line, "one of the two was written anew" in found.why) == (at + 2, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}\n", "is not a line of an audit log"),
        (b"\n", "is not a line of an audit log"),
        (b"".join(log(1))[:-1], "is cut off"),
        (b"\xff\x00", "is cut off"),
    ],
)
def test_what_is_no_log(content: bytes, why: str) -> None:
    """It is told at its first line."""
    assert follow_chain(content) == BrokenChain(1, why)
