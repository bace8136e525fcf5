"""Hands what a fork executed to the process that forked it, where coverage is measured.

A fork of its own file of data, as coverage has it, costs twice what the run itself does, and
thousands of files are to be combined. The lines themselves are a few kilobytes.
"""

from __future__ import annotations

import pickle
from typing import Any

from coverage import Coverage


def _measured() -> dict[str, Any]:
    """The lines executed so far, or the pairs of lines, file by file, as the tracer notes them."""
    current = Coverage.current()
    collector = None if current is None else current._collector  # noqa: SLF001 - nothing public
    return {} if collector is None else collector.data


def forget_executed() -> None:
    """Begin with nothing: what the parent executed, it will tell itself."""
    for numbers in _measured().values():
        numbers.clear()


def executed() -> bytes:
    """Write down what was executed since; not what is executed from here on."""
    return pickle.dumps({name: numbers for name, numbers in _measured().items() if numbers})


def add_executed(written: bytes) -> None:
    """Count it as executed here. A process that was killed has written nothing."""
    if not written:
        return
    for name, numbers in pickle.loads(written).items():  # noqa: S301 - our own fork's
        _measured().setdefault(name, set()).update(numbers)
