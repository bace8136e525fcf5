"""Plays something again and again, until every choice that it offers has been taken both ways."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class KnownFromHere(BaseException):
    """What follows has been played before, from the very same state."""


class Choices:
    """The choices of one play: those of the path first, then the first of each."""

    def __init__(self, path: list[int], seen: set[Hashable]) -> None:
        self._path = path
        self._seen = seen
        self.taken: list[tuple[int, int]] = []

    def choose(self, options: int, state: Callable[[], Hashable]) -> int:
        """Choose one of so many. Raises KnownFromHere where `state` has been seen."""
        at = len(self.taken)
        if at >= len(self._path):
            now = state()
            if now in self._seen:
                raise KnownFromHere
            self._seen.add(now)
        taken = self._path[at] if at < len(self._path) else 0
        self.taken.append((taken, options))
        return taken


def play_all(play: Callable[[Choices], None], seen: set[Hashable]) -> int:
    """Play depth-first, and tell how often; what is in `seen` is not played on from."""
    path: list[int] | None = []
    plays = 0
    while path is not None:
        choices = Choices(path, seen)
        with suppress(KnownFromHere):
            play(choices)
        plays += 1
        path = _next(choices.taken)
    return plays


def _next(taken: list[tuple[int, int]]) -> list[int] | None:
    while taken:
        last, options = taken.pop()
        if last + 1 < options:
            return [*(each for each, _ in taken), last + 1]
    return None
