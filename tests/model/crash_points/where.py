"""Tells where a running apply is, so that two that are at the same place are known for the same."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from reconciler.applying.attempt import CreateAttempt
from reconciler.applying.create_breaker import Admission, CreateBreaker
from reconciler.applying.creates import PreparedCreate
from reconciler.applying.stop import StopSignal
from reconciler.model.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import FrameType

LOOKED_INTO: Final = (CreateAttempt, Admission, CreateBreaker, PreparedCreate, StopSignal)
OURS: Final = "reconciler."
"""Locals of other code don't count: the world tells its own state."""


def place() -> Hashable:
    """Name every function that is being run, its instruction, and what it knows."""
    frame = inspect.currentframe()
    found: list[Hashable] = []
    while frame is not None and "asyncio" not in frame.f_code.co_filename:
        found.append((frame.f_code.co_qualname, frame.f_lasti, _known(frame)))
        frame = frame.f_back
    return tuple(found)


def _known(frame: FrameType) -> Hashable:
    if not str(frame.f_globals["__name__"]).startswith(OURS):
        return None
    return tuple((name, _brief(value)) for name, value in sorted(frame.f_locals.items()))


def _brief(value: object) -> Hashable:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case ServiceError():
            return type(value).__name__, value.answered.status
        case tuple():
            return tuple(_brief(each) for each in value)
        case _ if isinstance(value, LOOKED_INTO):
            return type(value).__name__, tuple(_brief(each) for each in _parts(value))
        case _:
            return type(value).__name__


def _parts(value: object) -> list[object]:
    slots: tuple[str, ...] | None = getattr(type(value), "__slots__", None)
    return [getattr(value, name) for name in slots] if slots else list(vars(value).values())
