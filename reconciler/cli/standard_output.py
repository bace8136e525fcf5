"""Writes a document to stdout so that a signal, or a reader who hangs, doesn't keep the process.

A write to a full pipe ends when its reader likes. A thread does that waiting, as for stderr; what
goes wrong there is raised here.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading

from reconciler.cli.standard_error import PIECE, write_piece


class _Writing:
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
                if not self._changed.wait_for(lambda: self._written != before, patience):
                    raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")
        if self._failed is not None:
            raise self._failed


def write_document(document: str, patience: float | None = None) -> None:
    """Write to stdout as it is. Raises OSError as the system does."""
    sys.stdout.flush()
    # Not by the stream: what it still holds when the process is to end would keep it from that.
    content = document.encode("utf-8", errors="backslashreplace")
    writing = _Writing(sys.stdout.fileno(), content)
    threading.Thread(target=writing.run, daemon=True).start()
    writing.wait(patience)
