"""What is asked of git: which answers are believed, which are refused, and what is never run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import UsageError
from reconciler.selection.git import (
    TreeEntry,
    environment_for_git,
    find_commit,
    list_tree,
    merge_base,
    object_id,
    open_repository,
    read_files,
    unchanged_files,
)
from reconciler.selection.repository import HistoryUnavailable
from reconciler.yaml_text.text_files import MAX_BYTES
from tests.repositories import GitFolder, make_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@pytest.fixture
def repository(tmp_path: Path) -> GitFolder:
    made = make_repository(tmp_path / "repository")
    made.write("customers/one.yaml", "one\n")
    made.commit()
    return made


def entries_of(repository: GitFolder, *paths: str) -> list[TreeEntry]:
    return list(list_tree(open_repository(repository.root), "HEAD", paths or ("",)))


@pytest.mark.parametrize(
    "ref",
    ["", "-h", "--output=/tmp/x", "--git-dir=elsewhere", "main\n", "main\0", "\x1b[31m"],
)
def test_a_ref_that_looks_like_something_else_is_refused(repository: GitFolder, ref: str) -> None:
    """No option, empty text or control character ever reaches git."""
    with pytest.raises(UsageError, match="--changed-from takes a branch") as refusal:
        find_commit(open_repository(repository.root), ref)
    assert refusal.value.exit_code == 64


@pytest.mark.parametrize(
    "ref",
    [
        *("origin/main", "main..main", "main...main", "main main", "main^@", "main^!", "^main"),
        *("main:customers", "$(id)", "; id"),
    ],
)
def test_a_ref_that_names_no_commit_names_fetch_depth(repository: GitFolder, ref: str) -> None:
    """The usual cause is a clone that was cut short, so the way out says how to get the rest."""
    with pytest.raises(UsageError, match="git knows no commit") as refusal:
        find_commit(open_repository(repository.root), ref)
    assert "fetch-depth: 0" in refusal.value.remedy
    assert refusal.value.exit_code == 64


@pytest.mark.parametrize("ref", ["main", "HEAD", "refs/heads/main", "v1"])
def test_a_ref_is_resolved_to_its_commit(repository: GitFolder, ref: str) -> None:
    """Branches, tags (with a message too) and names of commits are understood."""
    repository.git("tag", "--annotate", "v1", "--message", "first")
    head = repository.git("rev-parse", "HEAD")
    assert find_commit(open_repository(repository.root), ref) == head


def test_the_merge_base_is_where_two_branches_parted(repository: GitFolder) -> None:
    """What the other branch did since is left out of the comparison."""
    parted = repository.git("rev-parse", "HEAD")
    repository.branch("change")
    repository.write("customers/two.yaml", "two\n")
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write("customers/three.yaml", "three\n")
    repository.commit()
    repository.git("switch", "--quiet", "change")
    opened = open_repository(repository.root)
    assert merge_base(opened, find_commit(opened, "main"), "main") == parted


def unrelated(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "--orphan", "other")
    repository.write("else.yaml", "else\n")
    repository.commit()


def unborn(repository: GitFolder) -> None:
    repository.git("switch", "--quiet", "--orphan", "other")


def crossed(repository: GitFolder) -> None:
    """Merge each of two branches into the other: both parents are merge bases then."""
    repository.branch("other")
    for branch in ("main", "other"):
        repository.git("switch", "--quiet", branch)
        repository.write(f"customers/{branch}.yaml", f"{branch}\n")
        repository.commit()
    main = repository.git("rev-parse", "main")
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-edit", "other")
    repository.git("switch", "--quiet", "other")
    repository.git("merge", "--quiet", "--no-edit", main)


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (unrelated, "HEAD and main have no commit in common"),
        (unborn, "HEAD and main have no commit in common"),
        (crossed, "HEAD and main have 2 merge bases"),
    ],
)
def test_a_merge_base_that_is_not_one_is_refused(
    repository: GitFolder, happening: Callable[[GitFolder], None], reason: str
) -> None:
    """Without exactly one merge base nothing can be compared."""
    happening(repository)
    opened = open_repository(repository.root)
    with pytest.raises(HistoryUnavailable, match=reason):
        merge_base(opened, find_commit(opened, "main"), "main")


def test_a_shallow_clone_is_refused(repository: GitFolder, tmp_path: Path) -> None:
    """A history that is cut short could hide the real merge base."""
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.root}", str(clone))
    opened = open_repository(clone)
    with pytest.raises(HistoryUnavailable, match="fetch-depth: 0"):
        merge_base(opened, find_commit(opened, "origin/main"), "origin/main")


def test_a_tree_is_listed_under_the_paths_asked_for(repository: GitFolder) -> None:
    """Nothing else is listed, and nothing in a name is taken for a pattern."""
    names = ["customers/a b.yaml", "customers/line\nbreak.yaml", "customers/ü.yaml", "else/x.yaml"]
    for name in [*names, "cust*/star.yaml"]:
        repository.write(name, "text\n")
    repository.commit()
    found = {entry.path for entry in entries_of(repository, "customers", "cust*")}
    assert found == {*names[:3], "customers/one.yaml", "cust*/star.yaml"}


def test_a_tree_that_is_gone_is_refused(repository: GitFolder) -> None:
    """A commit that git can't list is told, with git's own words."""
    opened = open_repository(repository.root)
    with pytest.raises(HistoryUnavailable, match="can't list"):
        list(list_tree(opened, "0" * 40, [""]))


@pytest.mark.parametrize("content", [b"", b"one\n", b"\0\r\n\xff", b"x" * 100_000])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_ids_are_gits_own(tmp_path: Path, content: bytes, object_format: str) -> None:
    """An id computed here is the one that git computes."""
    repository = make_repository(tmp_path / "r", object_format=object_format)
    (repository.root / "file").write_bytes(content)
    wanted = repository.git("hash-object", "--no-filters", "file")
    assert object_id(content, len(wanted)) == wanted


def edit(path: Path) -> None:
    path.write_text("two\n")


def replace_with_link(path: Path) -> None:
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt"))


def replace_with_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_behind_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to("moved")


def grow(path: Path) -> None:
    path.write_bytes(b"x" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "change", [edit, Path.unlink, replace_with_link, replace_with_folder, put_behind_link, grow]
)
def test_a_file_that_is_not_the_same_is_not_unchanged(
    repository: GitFolder, change: Callable[[Path], None]
) -> None:
    """Another content, no file, or a way there that only looks the same: all differ."""
    entries = entries_of(repository, "customers")
    opened = open_repository(repository.root)
    assert unchanged_files(opened, entries) == {"customers/one.yaml"}
    change(repository.root / "customers/one.yaml")
    assert unchanged_files(opened, entries) == frozenset()


def test_a_pipe_is_not_taken_for_an_empty_file(repository: GitFolder) -> None:
    """Nothing can be read from either."""
    repository.write("customers/empty.yaml", "")
    repository.commit()
    entries = entries_of(repository, "customers")
    (repository.root / "customers/empty.yaml").unlink()
    os.mkfifo(repository.root / "customers/empty.yaml")
    assert unchanged_files(open_repository(repository.root), entries) == {"customers/one.yaml"}


def test_no_flag_of_the_index_hides_a_change(repository: GitFolder) -> None:
    """A file that git was told to take for unchanged is looked at all the same."""
    repository.git("update-index", "--assume-unchanged", "customers/one.yaml")
    repository.write("customers/one.yaml", "two\n")
    entries = entries_of(repository, "customers")
    assert not unchanged_files(open_repository(repository.root), entries)


def test_files_are_read_byte_for_byte(repository: GitFolder) -> None:
    """No content can be mistaken for git's own words around it."""
    contents = [b"", b"\n", b"no end", b"abc blob 3\nxyz\n", b"\0\xff" * 70_000]
    for number, content in enumerate(contents):
        (repository.root / f"customers/{number}.bin").write_bytes(content)
    repository.commit()
    entries = [entry for entry in entries_of(repository) if entry.path.endswith(".bin")]
    read = read_files(open_repository(repository.root), entries)
    assert [content for _, content in read] == contents


@pytest.mark.parametrize("object_id_", ["0" * 40, "nonsense"])
def test_a_file_that_git_has_lost_is_refused(repository: GitFolder, object_id_: str) -> None:
    """A content that can't be had, as in a partial clone without its server, is no empty one."""
    lost = TreeEntry("customers/lost.yaml", "100644", object_id_)
    with pytest.raises(HistoryUnavailable, match=r"lacks what customers/lost\.yaml held"):
        list(read_files(open_repository(repository.root), [lost]))


def test_a_file_too_large_for_a_manifest_is_refused(repository: GitFolder) -> None:
    """Nothing of any size is taken into memory."""
    (repository.root / "large.yaml").write_bytes(b"x" * (MAX_BYTES + 1))
    repository.commit()
    large = entries_of(repository, "large.yaml")
    with pytest.raises(HistoryUnavailable, match="too large"):
        list(read_files(open_repository(repository.root), large))


def test_reading_nothing_asks_nothing(tmp_path: Path) -> None:
    """Where no file differs no process is started."""
    repository = make_repository(tmp_path / "r")
    assert list(read_files(open_repository(repository.root), [])) == []


def test_a_ref_of_two_meanings_is_refused(repository: GitFolder) -> None:
    """Who may push a tag could name it as the branch that is compared with: git takes the tag."""
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.git("tag", "origin/main")
    repository.git("config", "core.warnAmbiguousRefs", "false")
    opened = open_repository(repository.root)
    with pytest.raises(UsageError, match="more than one 'origin/main'") as refusal:
        find_commit(opened, "origin/main")
    assert refusal.value.exit_code == 64
    assert find_commit(opened, "refs/remotes/origin/main") == repository.git("rev-parse", "HEAD")


def test_git_gets_nothing_but_the_way_to_programs(tmp_path: Path) -> None:
    """No credential, and nothing that leads to another repository or another configuration."""
    environ = {
        "PATH": f"{tmp_path}/bin:/usr/bin:.::bin",
        "HOME": "/home/me",
        "PARTNER_CENTER_ACCESS_TOKEN": "x",
        "GITHUB_TOKEN": "x",
        "SSH_AUTH_SOCK": "x",
        "GIT_DIR": "/elsewhere",
        "GIT_CONFIG_GLOBAL": "/home/me/trusted",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/elsewhere",
        "LD_PRELOAD": "x",
    }
    given = environment_for_git(environ, tmp_path)
    assert given["PATH"] == "/usr/bin"
    assert given["HOME"] == given["GIT_CONFIG_GLOBAL"] == os.devnull
    ours = {"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"}
    ours |= {"GIT_NO_REPLACE_OBJECTS", "GIT_GRAFT_FILE", "GIT_TERMINAL_PROMPT", "LC_ALL"}
    assert given.keys() == {"PATH", "HOME", "GIT_CONFIG_GLOBAL"} | ours


def test_a_git_among_the_repositorys_files_is_not_run(
    repository: GitFolder, tmp_path: Path
) -> None:
    """A branch can commit a program in a folder that is on PATH."""
    evil = repository.write("node_modules/.bin/git", f"#!/bin/sh\ntouch {tmp_path}/touched\n")
    evil.chmod(0o755)
    told = root_told_by(repository, {"PATH": f"{evil.parent}:{os.environ['PATH']}"})
    assert told.stdout.strip() == str(repository.root)
    assert not (tmp_path / "touched").exists()


def root_told_by(
    repository: GitFolder, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Open the repository in a process with these variables too."""
    program = (
        "import sys, pathlib; from reconciler.selection.git import open_repository;"
        "print(open_repository(pathlib.Path(sys.argv[1])).root)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(repository.root)],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_another_repository_in_the_environment_is_not_asked(
    repository: GitFolder, tmp_path: Path
) -> None:
    """As in a hook of another repository, where git sets GIT_DIR for every child."""
    other = make_repository(tmp_path / "other")
    misleading = {"GIT_DIR": str(other.root / ".git"), "GIT_WORK_TREE": str(other.root)}
    assert root_told_by(repository, misleading).stdout.strip() == os.path.realpath(repository.root)


def test_without_git_the_way_out_is_told(repository: GitFolder, tmp_path: Path) -> None:
    """A machine without git is told so."""
    assert "git is not installed" in root_told_by(repository, {"PATH": str(tmp_path)}).stderr


def test_nothing_that_the_repository_names_is_run(repository: GitFolder, tmp_path: Path) -> None:
    """Filters, text conversions, external diffs, pagers, hooks and monitors stay untouched."""
    touched = tmp_path / "touched"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {touched}\ncat\n")
    program.chmod(0o755)
    for name in (
        "core.pager",
        "core.fsmonitor",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
    ):
        repository.git("config", name, str(program))
    repository.git("config", "core.hooksPath", str(tmp_path))
    repository.write(".gitattributes", "*.yaml diff=evil filter=evil\n")
    repository.write("customers/one.yaml", "two\n")
    opened = open_repository(repository.root)
    base = merge_base(opened, find_commit(opened, "main"), "main")
    entries = list(list_tree(opened, base, [""]))
    unchanged_files(opened, entries)
    assert len(list(read_files(opened, entries))) == 2
    assert not touched.exists()
