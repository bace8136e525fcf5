"""Explores every state of the model, breadth-first; the first that is bad comes with its story."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.model.crash_points.create import moves

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.crash_points.state import Move, Setting, State


@dataclass(frozen=True, slots=True)
class Explored:
    states: int
    story: tuple[Move, ...] | None
    """The shortest way into a bad state, if there is one."""


def explore(setting: Setting, is_bad: Callable[[State], bool]) -> Explored:
    start = setting.start()
    ways: dict[State, tuple[State, Move] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if is_bad(state):
            return Explored(len(ways), _story(state, ways))
        for move in moves(setting, state):
            if move.state not in ways:
                ways[move.state] = state, move
                waiting.append(move.state)
    return Explored(len(ways), None)


def _story(state: State, ways: dict[State, tuple[State, Move] | None]) -> tuple[Move, ...]:
    told: list[Move] = []
    while (way := ways[state]) is not None:
        state, move = way
        told.append(move)
    return tuple(reversed(told))
