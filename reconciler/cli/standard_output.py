"""Writes a document to stdout so that a signal, or a reader who hangs, doesn't keep the process.

A write to a full pipe ends when its reader likes. A thread does that waiting, as for stderr; what
goes wrong there is raised here.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading
from typing import Final

from reconciler.cli.standard_error import PIECE, write_piece

LOOK_UP: Final = 0.2
"""Seconds of waiting at a time. A signal that comes just before the wait, or that the system hands
to another thread, wakes nobody: its handler runs when the main thread next does anything."""


class _DocumentWriter:
    """One document on its way."""

    def __init__(self, descriptor: int, content: bytes) -> None:
        self._descriptor = descriptor
        self._pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
        self._written = 0
        self._failed: OSError | None = None
        self._changed = threading.Condition()

    def run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the main one's
        for piece in self._pieces:
            failed: OSError | None = None
            try:
                write_piece(self._descriptor, piece)
            except OSError as error:
                failed = error
            with self._changed:
                self._written, self._failed = self._written + 1, failed
                self._changed.notify_all()
            if failed is not None:
                return

    def wait(self, patience: float | None) -> None:
        """Wait to its end; TimeoutError where nothing moves for `patience` seconds."""
        with self._changed:
            while self._failed is None and (before := self._written) < len(self._pieces):
                self._wait_for_more_than(before, patience)
        if self._failed is not None:
            raise self._failed

    def _wait_for_more_than(self, before: int, patience: float | None) -> None:
        waited = 0.0
        while not self._changed.wait_for(lambda: self._written != before, LOOK_UP):
            waited += LOOK_UP
            if patience is not None and waited >= patience:
                raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")


def write_document(document: str, patience: float | None = None) -> None:
    """Write to stdout as it is. Raises OSError as the system does."""
    sys.stdout.flush()
    # Not by the stream: what it still holds when the process is to end would keep it from that.
    content = document.encode("utf-8", errors="backslashreplace")
    writing = _DocumentWriter(sys.stdout.fileno(), content)
    threading.Thread(target=writing.run, daemon=True).start()
    writing.wait(patience)
