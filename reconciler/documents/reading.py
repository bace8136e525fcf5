"""Reads a document's file whole; a named pipe that nobody writes into holds nobody up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_whole(path: Path) -> bytes:
    """Raises OSError. A pipe without a writer is empty: opening it would wait, deaf to signals."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(descriptor, True)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - pathlib can't open a descriptor
        return stream.read()
