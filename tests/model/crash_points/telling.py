"""Tells what was explored: a story of steps, or a row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.model.crash_points.state import Move, Setting


def tell(story: Iterable[Move]) -> Iterator[str]:
    for number, move in enumerate(story, start=1):
        yield f"{number:2}. {_tell(move)}"


def _tell(move: Move) -> str:
    if move.who is None:
        return move.event.value
    apply = move.state.applies[move.who]
    told = f"apply {'AB'[move.who]} {move.event.value}"
    return told if apply is None else f"{told} (MS-RequestId {apply.request_id})"


def describe(setting: Setting) -> str:
    honours = "honours MS-RequestId" if setting.honours else "honours no MS-RequestId"
    settles = "in time" if setting.settles else "some time"
    return f"{setting.kind}: the service {honours}, its reads catch up {settles}"
