"""One apply at a time on a working folder; the second is refused and told who holds it.

The lock is of a file, so it is worth as much as the file stays there: whoever holds it can ask.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from reconciler.applying.state_folder import (
    PRIVATE_FILE,
    WRITE,
    HeldFolder,
    ensure_state_folder,
    open_state_file,
    read_state_file,
)
from reconciler.model.errors import LockHeld, StateError
from reconciler.model.state import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

JOURNAL_FILE: Final = "journal.jsonl"
LOCK_FILE: Final = "apply.lock"
HOLDER_FILE: Final = "apply.lock.json"


@contextmanager
def hold_lock(
    folder: Path, started: datetime, *, within: Path | None = None
) -> Iterator[HeldFolder]:
    """Hold the folder's lock; the system lets go of it when the process dies.

    Raises LockHeld with the holder's process, host and start, StateError where it can't be tried.
    `within` is the repository, in which no link leads to the folder.
    """
    ensure_state_folder(folder, within)
    lock = FileLock(folder / LOCK_FILE, timeout=0, mode=PRIVATE_FILE)
    try:
        os.close(open_state_file(folder / LOCK_FILE, WRITE))
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
        yield HeldFolder.watching(folder, (LOCK_FILE, JOURNAL_FILE))
    finally:
        lock.release()


def _sign(folder: Path, started: datetime) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": format_instant(started)}
    try:
        with os.fdopen(open_state_file(folder / HOLDER_FILE, WRITE), "wb") as file:
            file.truncate()
            file.write(json.dumps(holder).encode())
    except OSError as error:
        raise StateError(
            f"{folder / HOLDER_FILE} can't be written: {error.strerror}",
            "make room or make the folder writable, then run again; nothing was sent",
        ) from error


def _holder(folder: Path) -> str:
    try:
        holder = json.loads(read_state_file(folder / HOLDER_FILE))
        return f"process {holder['pid']} on {holder['host']}, started {holder['started']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not signed the lock yet"
