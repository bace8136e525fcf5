"""Saves text whole or not at all: a reader sees the old file or the new one, never a part of it."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from errno import EINVAL, EISDIR
from pathlib import Path
from typing import Final

from reconciler.model.errors import StateError

NOT_FOR_OTHERS: Final = 0o644
"""Whatever the umask: who may write a plan or a report decides what an admin approves."""


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once; a device or a pipe is written into. Raises StateError."""
    try:
        real = Path(os.path.realpath(path))
        if real.exists() and not real.is_file():
            _write_into(real, text)
        else:
            _replace(real, text)
    except OSError as error:
        raise _not_written(path, error) from error


@dataclass(frozen=True, slots=True)
class ReplaceableFile:
    """A file that is replaced again and again, at the `real` place where `path` led at first.

    What is put there meanwhile, a link or a pipe, is replaced itself.
    """

    path: Path
    real: Path

    def replace(self, text: str) -> None:
        """Raises StateError."""
        try:
            _refuse_linked(self.real.parent)
            _replace(self.real, text)
        except OSError as error:
            raise _not_written(self.path, error) from error


def ensure_replaceable(path: Path) -> ReplaceableFile:
    """Find out that a file can be put at `path`, again and again, before anything is done.

    Raises StateError: for a pipe too, which takes one text and no second one.
    """
    try:
        real = Path(os.path.realpath(path))
        _refuse_irregular(real)
        with tempfile.TemporaryFile(dir=real.parent):
            return ReplaceableFile(path, real)
    except OSError as error:
        raise _not_written(path, error) from error


def _refuse_linked(folder: Path) -> None:
    if Path(os.path.realpath(folder)) != folder:
        raise OSError(EINVAL, "a link took the place of its folder")


def _refuse_irregular(path: Path) -> None:
    """Raise OSError for what is there and no file, and for a name that no file can have."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(EINVAL, "it is no regular file, so it can't be replaced")


def _not_written(path: Path, error: OSError) -> StateError:
    return StateError(
        f"{path} can't be written: {error.strerror or error}",
        "name a file in a folder that exists and is writable",
    )


def _write_into(path: Path, text: str) -> None:
    """Open without waiting: a pipe that nobody reads would hold the program up for ever."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _replace(path: Path, text: str) -> None:
    # Its name doesn't grow with the file's: that may be as long as names can be.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".reconciler-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(NOT_FOR_OTHERS & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
