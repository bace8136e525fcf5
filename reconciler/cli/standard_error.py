"""Stderr that neither ends a run nor holds it up: what can't be told is dropped.

A terminal that has gone, a full disk, a reader that reads no more: creates must stop and be settled
all the same. The descriptor is shared with whoever started us, so it can't be made non-blocking;
a thread of its own does the waiting instead.
"""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

PATIENCE: Final = 1.0
"""Seconds to wait for a reader that takes nothing. While it hangs, nobody waits again."""

BACKLOG: Final = 1024 * 1024
"""Bytes kept for a reader that hangs."""

PIECE: Final = 4096
"""Bytes written at once, so that a slow reader can be told from one that hangs."""


class _StderrWriter(io.RawIOBase):
    """Takes every write whole, at once or after `PATIENCE`, and never fails."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._hangs = False
        self._changed = threading.Condition()
        self._writer: threading.Thread | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Buffer, /) -> int:
        text = bytes(data)
        with self._changed:
            if self._size + len(text) <= BACKLOG:
                self._put(text)
            self._hangs = not self._changed.wait_for(self._is_done, 0 if self._hangs else PATIENCE)
        return len(text)

    def drain(self) -> None:
        """Wait until all is written, as long as anything moves."""
        with self._changed:
            moves = True
            while self._size and moves:
                moves = self._changed.wait_for(partial(self._has_moved, self._size), PATIENCE)

    def _put(self, text: bytes) -> None:
        self._waiting.extend(text[at : at + PIECE] for at in range(0, len(text), PIECE))
        self._size += len(text)
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_on, daemon=True)
            self._writer.start()
        self._changed.notify_all()

    def _is_done(self) -> bool:
        return self._size == 0

    def _has_moved(self, size: int) -> bool:
        return self._size != size

    def _write_on(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the main one's
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                piece = self._waiting.popleft()
            with suppress(OSError):  # the rest has nowhere to go
                write_piece(self._descriptor, piece)
            with self._changed:
                self._size -= len(piece)
                self._changed.notify_all()


def write_piece(descriptor: int, piece: bytes) -> None:
    """Write it whole, however long that takes."""
    while piece:
        try:
            piece = piece[os.write(descriptor, piece) :]
        except BlockingIOError:  # whoever shares the descriptor made it so
            select.select([], [descriptor], [])


def protect_stderr() -> None:
    """Put an unfailing stream in the place of stderr, for all who write there."""
    if isinstance(sys.stderr.buffer, _StderrWriter):
        return
    outlet = _StderrWriter(sys.stderr.fileno())
    sys.stderr = io.TextIOWrapper(
        outlet,
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )


def drain_stderr() -> None:
    """Let a slow reader have the rest before the process ends."""
    sys.stderr.flush()
    if isinstance(sys.stderr.buffer, _StderrWriter):
        sys.stderr.buffer.drain()
