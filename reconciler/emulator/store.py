"""Keeps what runs changed over the seed: in one file for each seed, or in memory. No codes.

A link or a pipe in the file's place, which a branch can commit, is neither followed nor waited for.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EINVAL
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from reconciler.emulator.world import UNCHANGED, Changes
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Result = TypeVar("Result")

LOCK_SECONDS: Final = 30.0
_DRAFT: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
# Windows has neither.
_READ: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


class _StateFile(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    kind: Literal["EmulatorState"] = "EmulatorState"
    format_version: Literal["1.0"] = "1.0"
    seed: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class _Version:
    """What tells one written file from another."""

    inode: int
    written: int
    size: int


def state_path(seed_path: Path, folder: Path) -> Path:
    """Where the changes over one seed are kept."""
    name = sha256(str(seed_path.resolve()).encode()).hexdigest()[:16]
    return folder / f"emulator-{name}.json"


@dataclass(slots=True)
class MemoryStore:
    """Changes that end with the process."""

    _changes: Changes = field(default_factory=Changes)

    def read(self) -> Changes:
        return self._changes

    def update(self, change: Callable[[Changes], tuple[Result, Changes]]) -> Result:
        result, self._changes = change(self._changes)
        return result

    def reset(self) -> None:
        self._changes = Changes()


@dataclass(slots=True)
class FileStore:
    """Changes in a file that several processes may share.

    Every method raises ConfigurationError where the file can't be read, written or trusted.
    """

    path: Path
    seed: str
    lock_seconds: float = LOCK_SECONDS
    _known: tuple[_Version, Changes] | None = None

    def read(self) -> Changes:
        """The changes; the file is read only where it is not the one that is known."""
        with _plain_errors(self.path):
            try:
                version = _version(self.path.lstat())
                if self._known is None or self._known[0] != version:
                    self._known = _load(self.path)
            except FileNotFoundError:
                return UNCHANGED
            return self._known[1]

    def update(self, change: Callable[[Changes], tuple[Result, Changes]]) -> Result:
        """Read, change and write as one, whoever else writes; nothing new is not written."""
        with _plain_errors(self.path):
            _refuse_link(self.path.parent)
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with _lock(self.path, self.lock_seconds):
                known = self.read()
                result, changed = change(known)
                if changed is not known:
                    state = _StateFile(seed=self.seed, changes=changed)
                    written = state.model_dump_json(exclude_none=True).encode()
                    self._known = (_write(self.path, written), changed)
                return result

    def reset(self) -> None:
        """Forget the changes, readable or not."""
        with _plain_errors(self.path):
            if self.path.exists():
                with _lock(self.path, self.lock_seconds):
                    self.path.unlink(missing_ok=True)


def open_store(seed_path: Path, folder: Path | None) -> MemoryStore | FileStore:
    """Keep changes in `folder`, or in memory where there is none."""
    if folder is None:
        return MemoryStore()
    return FileStore(state_path(seed_path, folder), str(seed_path.resolve()))


def reset(seed_path: Path, folder: Path) -> None:
    """Go back to the seed. Raise ConfigurationError where the file can't be removed."""
    open_store(seed_path, folder).reset()


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        raise ConfigurationError(
            f"{path}: the emulator's state can't be read or written: {failed.strerror}",
            "give this user the right to read and write the state folder",
        ) from failed


@contextmanager
def _lock(path: Path, seconds: float) -> Iterator[None]:
    lock = path.with_name(f"{path.name}.lock")
    _refuse_link(lock)
    try:
        with FileLock(lock, timeout=seconds, mode=PRIVATE_FILE):
            yield
    except Timeout:
        raise ConfigurationError(
            f"{path}.lock: another process has held the emulator's state for {seconds:.0f} s",
            "end the other process and run again",
        ) from None


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OSError(EINVAL, f"{path.name} is a link, and links are not followed here")


def _version(found: os.stat_result) -> _Version:
    return _Version(found.st_ino, found.st_mtime_ns, found.st_size)


def _load(path: Path) -> tuple[_Version, Changes]:
    _refuse_link(path)
    with os.fdopen(os.open(path, _READ), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(EINVAL, "it is no regular file")
        version, text = _version(found), file.read()
    try:
        return version, _StateFile.model_validate_json(text).changes
    except ValidationError:
        raise ConfigurationError(
            f"{path}: this is not a state file that the emulator wrote",
            "run `reconciler emulator reset` to go back to the seed",
        ) from None


def _write(path: Path, text: bytes) -> _Version:
    """Put the whole text in the place of the file, or leave the file as it is."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, _DRAFT, PRIVATE_FILE), "wb") as file:
        os.fchmod(file.fileno(), PRIVATE_FILE)
        file.write(text)
        # No fsync: it was half of a create's time, and a power cut costs a reset, no customer.
        file.flush()
        version = _version(os.fstat(file.fileno()))
    draft.replace(path)
    return version
