"""Asks git what a commit holds. It writes nothing, and runs nothing that a repository names.

Only plumbing is called (rev-parse, merge-base, ls-tree, cat-file): it knows no hooks, pagers,
external diffs or text conversion. The repository is named to it, its environment is made from
nothing, and every transport is shut: a partial clone would fetch what it lacks by a program that
its configuration names. What the working tree holds is read here and not asked of the index, whose
flags could hide a change.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import UsageError
from reconciler.selection.repository import HistoryUnavailable, Repository, find_repository
from reconciler.yaml_text.text_files import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FETCH_ALL: Final = "fetch the whole history: with actions/checkout, set fetch-depth: 0"
"""The way out where the history is cut short."""

_FLAGS: Final = ("--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs")

_SETTINGS: Final = {
    "safe.bareRepository": "explicit",
    "protocol.allow": "never",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.askPass": "",
    "credential.helper": "",
    "diff.external": "",
    "core.warnAmbiguousRefs": "true",
}
"""Go before the repository's own configuration, which may include a file that branches change."""

_ENVIRONMENT: Final = {
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # goes before `protocol.ssh.allow` and the like, wherever set
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_KEPT: Final = ("SYSTEMROOT",)
"""Windows starts no program without it."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_AMBIGUOUS: Final = b" is ambiguous"

_ALGORITHMS: Final = {40: hashlib.sha1, 64: hashlib.sha256}
"""By the number of digits of an object's id."""

# A link is not what it leads to, and a pipe must not hold us up. Windows lacks the first two.
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file, link or submodule of a commit. `path` is relative to the git root, with `/`."""

    path: str
    mode: str
    object_id: str

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")


def open_repository(folder: Path) -> Repository:
    """Find the repository around `folder`. Raises UsageError where there is none.

    Raises HistoryUnavailable where it is not to be relied on.
    """
    repository = find_repository(folder)
    answer = _run(repository, "rev-parse", "--is-shallow-repository")
    if answer.returncode != 0:
        raise UsageError(
            f"git can't read the repository at {repository.root}: {_last_line(answer)}",
            "mend it, or leave --changed-from out",
        )
    return replace(repository, shallow=answer.stdout.strip() == b"true")


def find_commit(repository: Repository, ref: str) -> str:
    """Find the id of the one commit that `ref` names. Raises UsageError where it names none."""
    if not ref or ref.startswith("-") or not ref.isprintable():
        raise UsageError(
            f"--changed-from takes a branch, tag or commit, not {ref!r}", "name one, as origin/main"
        )
    answer = _run(repository, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    commit = answer.stdout.decode().strip()
    if answer.returncode != 0 or not _COMMIT.fullmatch(commit):  # `^main` has an answer, too
        raise UsageError(f"git knows no commit {ref!r} here", f"mend the name, or {FETCH_ALL}")
    if _AMBIGUOUS in answer.stderr:  # a tag that somebody named `origin/main` would go first
        raise UsageError(f"git knows more than one {ref!r} here", "write refs/remotes/... in full")
    return commit


def merge_base(repository: Repository, commit: str, ref: str) -> str:
    """Find where HEAD and `commit`, known as `ref`, parted. Raises HistoryUnavailable."""
    if repository.shallow:
        raise HistoryUnavailable(
            f"this is a shallow clone, whose history is cut short; {FETCH_ALL}"
        )
    answer = _run(repository, "merge-base", "--all", "HEAD", commit)
    bases = answer.stdout.decode().split()
    if not bases:
        raise HistoryUnavailable(f"HEAD and {ref} have no commit in common")
    if len(bases) > 1:
        raise HistoryUnavailable(
            f"HEAD and {ref} have {len(bases)} merge bases; merge {ref} into this branch"
        )
    return bases[0]


def list_tree(repository: Repository, commit: str, paths: Sequence[str]) -> Iterator[TreeEntry]:
    """List what `commit` holds at and under `paths`; an empty path means all of it."""
    chosen = [] if "" in paths else paths
    answer = _run(repository, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *chosen)
    if answer.returncode != 0:
        raise HistoryUnavailable(f"git can't list {commit}: {_last_line(answer)}")
    for line in answer.stdout.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, _, object_id = about.decode().split()
        yield TreeEntry(os.fsdecode(path), mode, object_id)


def unchanged_files(repository: Repository, entries: Iterable[TreeEntry]) -> frozenset[str]:
    """Find the paths at which the working tree has the very bytes that `entries` have."""
    root = str(repository.root)
    real: dict[str, bool] = {}
    unchanged = set()
    for entry in entries:
        folder, _, name = f"{root}/{entry.path}".rpartition("/")
        if folder not in real:
            real[folder] = os.path.realpath(folder) == os.path.normpath(folder)
        if real[folder] and _has_content(f"{folder}/{name}", entry.object_id):
            unchanged.add(entry.path)
    return frozenset(unchanged)


def _has_content(path: str, wanted: str) -> bool:
    """Look with as few calls as can be: this is done for every manifest there is."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return False
        return object_id(os.read(descriptor, status.st_size + 1), len(wanted)) == wanted
    except OSError:
        return False
    finally:
        os.close(descriptor)


def object_id(content: bytes, digits: int) -> str:
    """Compute the id that git gives to a file's content."""
    whole = b"blob %d\0" % len(content) + content
    return _ALGORITHMS[digits](whole, usedforsecurity=False).hexdigest()


def read_files(
    repository: Repository, entries: Sequence[TreeEntry]
) -> Iterator[tuple[TreeEntry, bytes]]:
    """Read the content of each entry. Raises HistoryUnavailable where one is missing or large."""
    if not entries:
        return
    with subprocess.Popen(  # noqa: S603 - a list of words, none of which is an option from outside
        _command(repository, "cat-file", "--batch"),
        cwd=repository.root,
        env=environment_for_git(os.environ, repository.root),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        for entry in entries:
            yield entry, _read_blob(process, entry)


def _read_blob(process: subprocess.Popen[bytes], entry: TreeEntry) -> bytes:
    """One question at a time: neither pipe can ever be full."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        os.write(process.stdin.fileno(), f"{entry.object_id}\n".encode())
    except BrokenPipeError:
        raise HistoryUnavailable(f"git ended before it told what {entry.path} held") from None
    match process.stdout.readline().split():
        case [_, b"blob", size] if int(size) <= MAX_BYTES:
            return process.stdout.read(int(size) + 1)[:-1]
        case [_, b"blob", _]:
            raise HistoryUnavailable(f"{entry.path} was too large for a manifest")
        case _:
            raise HistoryUnavailable(
                f"git lacks what {entry.path} held, as a partial clone does; fetch without a filter"
            )


def _run(repository: Repository, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - a list of words: no shell reads them
        _command(repository, *words),
        cwd=repository.root,
        env=environment_for_git(os.environ, repository.root),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def _command(repository: Repository, *words: str) -> list[str]:
    git = shutil.which("git", path=_search_path(os.environ, repository.root))
    if git is None:
        raise UsageError("git is not installed", "install it, or leave --changed-from out")
    named = (f"--git-dir={repository.git_dir}", f"--work-tree={repository.root}")
    settings = (word for item in _SETTINGS.items() for word in ("-c", "=".join(item)))
    return [git, *named, *_FLAGS, *settings, *words]


def environment_for_git(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """Make git's environment: of `environ` it has where programs are, and no credential."""
    kept = {name: environ[name] for name in _KEPT if name in environ}
    return kept | _ENVIRONMENT | {"PATH": _search_path(environ, root)}


def _search_path(environ: Mapping[str, str], root: Path) -> str:
    """Leave out of PATH what is within the repository: a branch could commit a `git` there."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    outside = (
        each
        for each in folders
        if Path(each).is_absolute() and not Path(os.path.realpath(each)).is_relative_to(root)
    )
    return os.pathsep.join(outside)


def _last_line(answer: subprocess.CompletedProcess[bytes]) -> str:
    words = answer.stderr.decode(errors="backslashreplace").strip().splitlines()
    return words[-1] if words else "git said nothing"
