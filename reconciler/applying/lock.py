"""One apply at a time on a working folder; the second is refused and told who holds it."""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from reconciler.model.errors import LockHeld, StateError
from reconciler.model.state import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

LOCK_FILE: Final = "apply.lock"
HOLDER_FILE: Final = "apply.lock.json"


def ensure_state_folder(folder: Path) -> None:
    """Make the folder for its owner alone, where it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"the working folder {folder} can't be made: {error.strerror}",
            "make it writable, or set stateDir in reconciler.yaml",
        ) from error


@contextmanager
def hold_lock(folder: Path, started: datetime) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process dies.

    Raises LockHeld with the holder's process, host and start, StateError where it can't be tried.
    """
    ensure_state_folder(folder)
    lock = FileLock(folder / LOCK_FILE, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise LockHeld(
            f"another apply is running on {folder}: {_holder(folder)}",
            "wait until it has ended, then run again; nothing was sent",
        ) from None
    except OSError as error:
        raise StateError(
            f"the lock {folder / LOCK_FILE} can't be taken: {error.strerror}",
            "make the folder writable, or set stateDir in reconciler.yaml",
        ) from error
    try:
        _sign(folder, started)
        yield
    finally:
        lock.release()


def _sign(folder: Path, started: datetime) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": format_instant(started)}
    try:
        (folder / HOLDER_FILE).write_text(json.dumps(holder), encoding="utf-8")
    except OSError as error:
        raise StateError(
            f"{folder / HOLDER_FILE} can't be written: {error.strerror}",
            "make room or make the folder writable, then run again; nothing was sent",
        ) from error


def _holder(folder: Path) -> str:
    try:
        holder = json.loads((folder / HOLDER_FILE).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']}, started {holder['started']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not signed the lock yet"
