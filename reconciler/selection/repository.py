"""Finds the repository around a folder by its `.git`; refuses one that a branch could have made.

Git itself also takes a folder that holds HEAD, objects and refs for a repository. Any branch can
commit such a folder, with refs and a configuration of its own; what git never checks out is `.git`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GIT: Final = ".git"
_POINTER: Final = b"gitdir: "
_ROOT_USER: Final = 0


class HistoryUnavailable(Exception):
    """The history can't be relied on; the message says why, with the way out."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git working tree. Neither path has a symbolic link in it."""

    root: Path
    git_dir: Path
    shallow: bool = False


def find_repository(folder: Path) -> Repository:
    """Find the nearest `.git` at or above `folder`. Raises UsageError where there is none.

    Raises HistoryUnavailable where it is another repository's, or where a branch or another user
    could have made it.
    """
    real = Path(os.path.realpath(folder))
    root = next((each for each in (real, *real.parents) if os.path.lexists(each / _GIT)), None)
    if root is None:
        raise UsageError(
            f"{folder} is in no git repository",
            "run within the repository, or leave --changed-from out",
        )
    git_dir = _find_git_dir(root)
    _refuse_other_users(git_dir, real)
    _refuse_borrowed(root, git_dir)
    return Repository(root, git_dir)


def _find_git_dir(root: Path) -> Path:
    entry = root / _GIT
    if entry.is_dir() and not entry.is_symlink():
        return entry
    git_dir = Path(os.path.realpath(entry if entry.is_dir() else root / _read_pointer(entry)))
    _refuse_among_files(entry, git_dir)
    return git_dir


def _read_pointer(entry: Path) -> str:
    """Read the file that stands for `.git` in linked worktrees and submodules."""
    text = entry.read_bytes() if entry.is_file() else b""
    if not text.startswith(_POINTER):
        raise HistoryUnavailable(f"{entry} is neither a git folder nor names one")
    return os.fsdecode(text.removeprefix(_POINTER).rstrip(b"\r\n"))


def _refuse_among_files(entry: Path, git_dir: Path) -> None:
    """Refuse a git folder among the files of a working tree, and one of a submodule."""
    for outer in git_dir.parents:
        if not os.path.lexists(outer / _GIT):
            continue
        if not git_dir.is_relative_to(outer / _GIT):
            raise HistoryUnavailable(
                f"{entry} names {git_dir}, which is among the files of {outer}, where any branch "
                "can put one"
            )
        if not _is_linked_worktree(git_dir, outer / _GIT):
            raise HistoryUnavailable(
                f"{entry.parent} is a submodule of {outer}, whose branches choose its history"
            )
        return


def _is_linked_worktree(git_dir: Path, common: Path) -> bool:
    # The whole path counts: a submodule may be named `worktrees/x` by whoever adds it.
    return git_dir.parent == common / "worktrees"


def _refuse_other_users(git_dir: Path, folder: Path) -> None:
    """Refuse a `.git` that another user put above `folder`, as in a shared temporary folder.

    Git checks no owner of a repository that is named to it. Its own check would want
    `safe.directory` in every CI container; here it is enough that who owns the files owns it.
    """
    mine = getattr(os, "geteuid", lambda: _ROOT_USER)()
    owner = git_dir.stat().st_uid if git_dir.exists() else mine
    if owner not in (mine, _ROOT_USER, folder.stat().st_uid):
        raise HistoryUnavailable(
            f"{git_dir} belongs to another user (uid {owner}) than {folder} and this run"
        )


def _refuse_borrowed(root: Path, git_dir: Path) -> None:
    """Refuse objects borrowed from among the repository's own files."""
    common = _find_common_dir(git_dir)
    for alternate in _list_alternates(common / "objects"):
        if alternate.is_relative_to(root) and not alternate.is_relative_to(common):
            raise HistoryUnavailable(f"{git_dir} borrows objects from {alternate}, in {root}")


def _find_common_dir(git_dir: Path) -> Path:
    """Find the folder that linked worktrees share."""
    named = git_dir / "commondir"
    shared = named.read_bytes().rstrip(b"\r\n") if named.is_file() else b"."
    return Path(os.path.realpath(git_dir / os.fsdecode(shared)))


def _list_alternates(objects: Path) -> Iterator[Path]:
    listed = objects / "info/alternates"
    if listed.is_file():
        for line in listed.read_bytes().splitlines():
            if line:
                yield Path(os.path.realpath(objects / os.fsdecode(line)))
