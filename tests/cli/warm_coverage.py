"""Hands what a fork executed to the process that forked it, where coverage is measured.

A fork of its own file of data, as coverage has it, costs twice what the run itself does, and
thousands of files are to be combined. The lines themselves are a few kilobytes.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from coverage import Coverage

if TYPE_CHECKING:
    from coverage.collector import Collector


def begin() -> None:
    """Begin with nothing: what the parent executed, it will tell itself."""
    collector = _collector()
    if collector is None:
        return
    # A signal's exception that comes while the tracer holds its lock would leave it held for ever.
    collector.data_lock = None
    for numbers in collector.data.values():
        numbers.clear()


def executed() -> bytes:
    """Write down what was executed since, by file; not what is executed from here on."""
    collector = _collector()
    data = {} if collector is None else dict(collector.data)
    # Copies, which take no time in between: other threads may still be running.
    return pickle.dumps({name: numbers.copy() for name, numbers in data.items() if numbers})


def add_executed(written: bytes) -> None:
    """Count it as executed here. A process that was killed has written nothing."""
    collector = _collector()
    if collector is None or not written:
        return
    for name, numbers in pickle.loads(written).items():  # noqa: S301 - our own fork's
        collector.data.setdefault(name, set()).update(numbers)


def _collector() -> Collector | None:
    """Find what has the lines executed so far, file by file; nothing public has them."""
    current = Coverage.current()
    return None if current is None else current._collector  # noqa: SLF001
