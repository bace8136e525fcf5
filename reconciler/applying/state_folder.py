"""Opens the files of stateDir, for their owner alone, and notices where one has been replaced.

Nothing is written or read through a link, and no pipe is waited for: a branch can commit either.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINVAL, ENOSPC
from typing import TYPE_CHECKING, Final, Self

from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import FileIO
    from pathlib import Path

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700

# Windows has neither, nor links that a branch could commit.
_SAFELY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND
WRITE: Final = os.O_WRONLY | os.O_CREAT
WRITE_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
READ: Final = os.O_RDONLY


def open_state_file(path: Path, flags: int) -> int:
    """Open a regular file, 0600 whatever the umask. Raises OSError that says what is there instead.

    It is looked at before it is opened, for the words, and after, for the truth.
    """
    if os.path.lexists(path):
        _refuse_irregular(path, path.lstat().st_mode)
    descriptor = os.open(path, flags | _SAFELY, PRIVATE_FILE)
    try:
        found = os.fstat(descriptor).st_mode
        _refuse_irregular(path, found)
        if flags & os.O_CREAT and stat.S_IMODE(found) != PRIVATE_FILE:
            os.fchmod(descriptor, PRIVATE_FILE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_state_file(path: Path) -> bytes:
    """Read a regular file whole. Raises OSError."""
    with os.fdopen(open_state_file(path, READ), "rb") as file:
        return file.read()


def append_line(file: FileIO, line: bytes) -> None:
    """Append one line and flush it to disk, or leave the file as it was. Raises OSError."""
    before = os.fstat(file.fileno()).st_size
    try:
        _write_whole(file, line)
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):  # then the next run refuses the torn line
            os.ftruncate(file.fileno(), before)
        raise


def _write_whole(file: FileIO, line: bytes) -> None:
    if file.write(line) != len(line):
        raise OSError(ENOSPC, "the disk is full")


def ensure_state_folder(folder: Path, within: Path | None = None) -> None:
    """Make the folder for its owner alone, where it is missing; refuse one that is a link.

    `within`: a repository, whose own folders may not be links either.
    """
    try:
        _refuse_linked_folder(folder, within)
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"the working folder {folder} can't be made: {error.strerror}",
            "make it writable, or set stateDir in reconciler.yaml",
        ) from error


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, too: a line is of no use in a file that is gone."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_Identity = tuple[int, int]


@dataclass(slots=True)
class HeldFolder:
    """The folder while an apply holds its lock. Who takes it away takes the lock away with it."""

    folder: Path
    _known: dict[Path, _Identity | None] = field(default_factory=dict)

    @classmethod
    def watching(cls, folder: Path, names: Iterable[str]) -> Self:
        held = cls(folder)
        for path in (folder, *(folder / name for name in names)):
            held.keep(path)
        return held

    def keep(self, path: Path) -> None:
        """Take what is at `path` now for what is to stay there."""
        self._known[path] = _identity(path)

    def ensure_in_place(self) -> None:
        """Raise StateError where anything was removed or replaced: another may hold it now."""
        for path, identity in self._known.items():
            if _identity(path) != identity:
                raise StateError(
                    f"{path} was removed or replaced while this apply was running, so nothing more "
                    "is sent: another apply could be at work beside it",
                    "let nothing clean stateDir while an apply runs; see what was sent in this "
                    "run's report, then run apply again",
                )


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _refuse_irregular(path: Path, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise OSError(EINVAL, "it is a link, and links are not followed here", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(EINVAL, "it is no regular file", str(path))


def _refuse_linked_folder(folder: Path, within: Path | None) -> None:
    parents = [] if within is None else [each for each in folder.parents if within in each.parents]
    for each in (folder, *parents):
        if each.is_symlink():
            raise OSError(EINVAL, f"{each} is a link, and links are not followed here")
