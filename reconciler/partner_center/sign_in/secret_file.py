"""Files that hold one secret: read trimmed, replaced atomically and privately; never made empty."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 65_536
"""Bytes. A token has a few thousand; a file beyond this is another file."""

_ROOM = 16_384
"""Bytes taken on the disk before the exchange, so that a full disk is found before it too."""

_LOCK_TIMEOUT = 60.0
"""Seconds to wait for another run that holds the file: its exchange takes a second or two."""


def read_private(path: Path) -> Secret | str:
    """The file's text without the white space around it, or what is wrong with the file.

    Nothing is raised, so that no frame which saw the content is in a traceback.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        return f"can't be read: {error.strerror}"
    if len(content) > _LARGEST:
        return "is too large to be what it should be"
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    return Secret(text) if text else "is empty"


def read_token(path: Path) -> Secret | str:
    """As `read_private`, for a file with one token in it."""
    token = read_private(path)
    if isinstance(token, Secret) and not is_token(token.reveal()):
        return "holds something other than one token"
    return token


def is_token(text: str) -> bool:
    """Whether it may be sent as a token: visible ASCII, and neither JSON nor in quotes."""
    return text != "" and text.isascii() and text.isprintable() and not set(text) & set(' "{}')


@contextmanager
def locked(target: Path, timeout: float = _LOCK_TIMEOUT) -> Iterator[None]:
    """Hold `target` against other runs by a lock file beside it; SignInFailed where that fails."""
    if not target.parent.is_dir():  # filelock would make it
        raise SignInFailed(f"the folder {target.parent} doesn't exist", _REMEDY)
    lock = FileLock(f"{target}.lock", timeout=timeout, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise SignInFailed(
            f"another run has held {target} for {timeout:.0f} s",
            "let that run end, or end it, and run again",
        ) from None
    except (OSError, NotImplementedError) as error:
        raise _unwritable(target, error) from None
    try:
        yield
    finally:
        lock.release()


@dataclass(slots=True)
class Replacement:
    """A private file beside `target` with room for a secret, waiting to take its place."""

    target: Path
    waiting: Path
    descriptor: int

    def put(self, secret: Secret) -> None:
        """Replace the target, once; it is on the disk before this returns."""
        assert secret, "a good secret is never replaced by nothing"
        try:
            self._write(secret.reveal().encode())
        except OSError as error:
            raise SignInFailed(
                f"the new refresh token can't be written to {self.target}: {error.strerror}; the "
                "old one is still there",
                "make room on that disk and run again",
            ) from None
        self._replace()

    def _write(self, content: bytes) -> None:
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        _write_all(self.descriptor, content)
        os.ftruncate(self.descriptor, len(content))
        os.fsync(self.descriptor)

    def _replace(self) -> None:
        os.close(self.descriptor)
        self.descriptor = -1
        try:
            self.waiting.replace(self.target)
            _settle(self.target.parent)
        except OSError as error:
            # The new token stays where it is: the authority may no longer take the old one.
            raise SignInFailed(
                f"{self.target} can't be replaced: {error.strerror}; the new refresh token is in "
                f"{self.waiting}",
                f"move {self.waiting} to {self.target}; mount its folder rather than the file",
            ) from None

    def discard(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.waiting.unlink(missing_ok=True)


@contextmanager
def replacement_of(target: Path) -> Iterator[Replacement]:
    """Prepare to replace `target` (which may be absent); SignInFailed at once where it can't be."""
    replacement = _prepared(target)
    try:
        yield replacement
    finally:
        replacement.discard()


def _prepared(target: Path) -> Replacement:
    if target.is_dir():
        raise SignInFailed(f"{target} is a folder", "name a file")
    if target.exists() and not os.access(target, os.W_OK):
        raise SignInFailed(f"{target} is not writable", _REMEDY)
    try:
        descriptor, waiting = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _unwritable(target, error) from None
    replacement = Replacement(target, Path(waiting), descriptor)
    try:
        _write_all(descriptor, b" " * _ROOM)
        os.fsync(descriptor)
    except OSError as error:
        replacement.discard()
        raise _unwritable(target, error) from None
    return replacement


_REMEDY = "the new token is written back at every sign-in: let the file and its folder be writable"


def _write_all(descriptor: int, content: bytes) -> None:
    """A nearly full disk takes a part first, and fails on the rest."""
    while content:
        content = content[os.write(descriptor, content) :]


def _unwritable(target: Path, error: Exception) -> SignInFailed:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return SignInFailed(f"the folder {target.parent} can't be written to: {reason}", _REMEDY)


def _settle(folder: Path) -> None:
    """Put the new name on the disk as well, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
