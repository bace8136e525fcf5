"""Watches in which order a program asks the system for something, without being in its way."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def watched(*functions: Callable[..., object]) -> Iterator[list[object]]:
    """Collect which of these functions of `os` are called, in order."""
    calls: list[object] = []

    def watch(_frame: object, event: str, called: object) -> None:
        if event == "c_call" and called in functions:
            calls.append(called)

    sys.setprofile(watch)
    try:
        yield calls
    finally:
        sys.setprofile(None)
