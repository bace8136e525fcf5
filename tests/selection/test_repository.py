"""Whose history is asked: the repository around a folder, and nothing that a branch put there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.errors import UsageError
from reconciler.selection.changes import find_changes
from reconciler.selection.git import find_commit, merge_base, open_repository
from reconciler.selection.repository import HistoryUnavailable, find_repository
from tests.cli.project import Project, settings
from tests.repositories import GitFolder, customer_id, make_repository, manifest

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN: Final = "the-token-of-the-run"
CHANGED: Final = manifest(1, body="qualifications: []")


@dataclass(frozen=True)
class Attack:
    """A fresh clone of a branch that changed customer 1 and would have it unseen.

    The configuration is in `tenants/north`; `program` is a committed script that would leave the
    run's token in `loot`.
    """

    clone: GitFolder
    loot: Path

    @property
    def program(self) -> Path:
        return self.clone.folder / "evil.sh"

    def changed(self) -> frozenset[str] | None:
        changes = find_changes(self.clone.desired(), "origin/main", self.clone.places())
        return changes.changed


def commit_nothing(_folder: Path) -> None:
    """Commit the change alone."""


def commit_program_layout(folder: Path) -> None:
    """Lay out a bare repository whose ref leads to a commit that has to be fetched."""
    for name in ("objects/info/keep", "refs/heads/keep"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("")
    (folder / "HEAD").write_text("ref: refs/heads/change\n")
    for ref in ("refs/heads/change", "refs/remotes/origin/main"):
        (folder / ref).parent.mkdir(parents=True, exist_ok=True)
        (folder / ref).write_text(f"{1:040x}\n")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n\tworktree = .\n"
        "\tsshCommand = ./evil.sh\n"
        "[extensions]\n\tpartialClone = origin\n"
        "[protocol]\n\tallow = always\n"
        '[protocol "ssh"]\n\tallow = always\n'
        '[remote "origin"]\n\turl = ssh://nobody@localhost/x\n\tpromisor = true\n'
    )


def commit_data_layout(folder: Path) -> None:
    """Lay out a bare repository in whose history the change is on `origin/main` already."""
    made = make_repository(folder.parent / "decoy")
    shutil.copytree(folder, made.root, dirs_exist_ok=True)
    made.commit()
    made.git("update-ref", "refs/remotes/origin/main", "HEAD")
    made.git("config", "core.worktree", ".")
    shutil.rmtree(made.root / ".git/hooks")
    shutil.copytree(made.root / ".git", folder, dirs_exist_ok=True)
    (folder / "refs/tags/keep").write_text("")
    shutil.rmtree(made.root)


def attack(tmp_path: Path, commit: Callable[[Path], None] = commit_nothing) -> Attack:
    """Make the origin, the branch with what `commit` puts beside the configuration, the clone."""
    origin = make_repository(tmp_path / "origin", folder="tenants/north")
    origin.write("reconciler.yaml", settings())
    origin.write("live.yaml", "customers: []\n")
    origin.write("customers/one.yaml", manifest(1))
    origin.commit()
    origin.branch("change")
    origin.write("customers/one.yaml", CHANGED)
    loot = tmp_path / "loot"
    program = origin.write("evil.sh", f"#!/bin/sh\necho $PARTNER_CENTER_ACCESS_TOKEN. >{loot}\n")
    program.chmod(0o755)
    commit(origin.folder)
    origin.commit()
    clone = tmp_path / "clone"
    origin.git("clone", "--quiet", str(origin.root), str(clone))
    return Attack(GitFolder(clone, clone / "tenants/north"), loot)


@pytest.mark.parametrize("commit", [commit_nothing, commit_program_layout, commit_data_layout])
def test_a_committed_repository_is_not_asked(
    tmp_path: Path, commit: Callable[[Path], None]
) -> None:
    """A plan with a token: no program of the branch sees it, and the change is planned."""
    attacked = attack(tmp_path, commit)
    project = Project(attacked.clone.folder, {"PARTNER_CENTER_ACCESS_TOKEN": TOKEN})
    ended = project.run("plan", "--changed-from", "origin/main", "--format", "json")
    assert not attacked.loot.exists()
    assert ended.err.startswith("1 of 1 customers changed since the merge base with origin/main (")
    assert ended.document["summary"]["customers"] == 1


def include_tracked_configuration(attacked: Attack) -> None:
    """Include a file of the branch, as teams do to share settings."""
    attacked.clone.git("config", "include.path", "../tenants/north/shared.config")
    attacked.clone.write("shared.config", hostile_settings(attacked.program))


def put_into_own_configuration(attacked: Attack) -> None:
    with (attacked.clone.root / ".git/config").open("a") as file:
        file.write(hostile_settings(attacked.program))


def hostile_settings(program: Path) -> str:
    return (
        f"[core]\n\tworktree = tenants\n\tfsmonitor = {program}\n\tsshCommand = {program}\n"
        f"\tpager = {program}\n\thooksPath = {program.parent}\n\taskPass = {program}\n"
        f"\talternateRefsCommand = {program}\n\tgitProxy = {program}\n"
        f'[alias]\n\trev-parse = "!{program}"\n\tmerge-base = "!{program}"\n'
        f'[protocol "ssh"]\n\tallow = always\n'
        f'[remote "origin"]\n\turl = ssh://nobody@localhost/x\n\tpromisor = true\n'
        f"[extensions]\n\tpartialClone = origin\n"
    )


def lose_the_base(attacked: Attack) -> None:
    """Have the base missing, as in a partial clone: git would fetch it by the program."""
    listed = attacked.clone.git("rev-parse", "origin/main:tenants/north/customers/one.yaml")
    put_into_own_configuration(attacked)
    (attacked.clone.root / ".git/objects" / listed[:2] / listed[2:]).unlink()


def replace_the_base(attacked: Attack) -> None:
    base, head = attacked.clone.git("rev-parse", "origin/main", "HEAD").split()
    tree = attacked.clone.git("commit-tree", f"{head}^{{tree}}", "-m", "the same, changed already")
    attacked.clone.git("replace", base, tree)


def graft_the_base(attacked: Attack) -> None:
    head = attacked.clone.git("rev-parse", "HEAD")
    base = attacked.clone.git("rev-parse", "origin/main")
    (attacked.clone.root / ".git/info/grafts").write_text(f"{base} {head}\n")


def name_a_repository_among_the_files(attacked: Attack) -> None:
    """Put a file in place of `.git`, as an archive unpacked there could."""
    commit_data_layout(attacked.clone.folder)
    (attacked.clone.folder / ".git").write_text("gitdir: .\n")


def link_a_repository_among_the_files(attacked: Attack) -> None:
    commit_data_layout(attacked.clone.folder)
    (attacked.clone.folder / ".git").symlink_to(".")


def make_a_submodule(attacked: Attack) -> None:
    """Have the folder checked out as a submodule, in whose history all was so for ever."""
    kept = {each.name: each.read_text() for each in attacked.clone.folder.glob("*.*")}
    module = make_repository(attacked.loot.parent / "module")
    for name, text in kept.items():
        module.write(name, text)
    module.write("customers/one.yaml", CHANGED)
    module.commit()
    attacked.clone.git("rm", "-r", "--quiet", "tenants/north")
    words = ("submodule", "--quiet", "add", "--name", "worktrees/north", str(module.root))
    attacked.clone.git("-c", "protocol.file.allow=always", *words, "tenants/north")


def borrow_objects(attacked: Attack) -> None:
    (attacked.clone.folder / "objects").mkdir()
    listed = attacked.clone.root / ".git/objects/info/alternates"
    listed.write_text("# borrowed\n../../tenants/north/objects\n")


@pytest.mark.parametrize(
    "happening",
    [
        include_tracked_configuration,
        put_into_own_configuration,
        lose_the_base,
        replace_the_base,
        graft_the_base,
        name_a_repository_among_the_files,
        link_a_repository_among_the_files,
        make_a_submodule,
        borrow_objects,
    ],
)
def test_a_change_stays_seen(tmp_path: Path, happening: Callable[[Attack], None]) -> None:
    """Whatever is beside or within the repository: no program runs, and the change is planned."""
    attacked = attack(tmp_path)
    happening(attacked)
    changed = attacked.changed()
    assert changed is None or customer_id(1) in changed
    assert not attacked.loot.exists()


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (name_a_repository_among_the_files, "which is among the files of "),
        (link_a_repository_among_the_files, "which is among the files of "),
        (make_a_submodule, "is a submodule of "),
        (borrow_objects, "borrows objects from .*/tenants/north/objects"),
    ],
)
def test_a_repository_that_a_branch_could_have_made_is_refused(
    tmp_path: Path, happening: Callable[[Attack], None], reason: str
) -> None:
    """The refusal names what it is that a branch decides."""
    attacked = attack(tmp_path)
    happening(attacked)
    with pytest.raises(HistoryUnavailable, match=reason):
        find_repository(attacked.clone.folder)


@pytest.fixture
def repository(tmp_path: Path) -> GitFolder:
    made = make_repository(tmp_path / "repository")
    made.write("customers/one.yaml", "one\n")
    made.commit()
    return made


def test_the_root_is_found_from_a_folder_within(repository: GitFolder) -> None:
    """A repository is found from any folder in it, and is told by its real path."""
    found = find_repository(repository.root / "customers")
    assert found.root == Path(os.path.realpath(repository.root))
    assert found.git_dir == found.root / ".git"


@pytest.mark.parametrize("place", ["beside", "repository/within"])
def test_a_linked_worktree_is_a_repository(repository: GitFolder, place: str) -> None:
    """Its `.git` is a file, which leads into that of the repository it belongs to."""
    folder = repository.root.parent / place
    repository.git("worktree", "add", "--quiet", "--detach", str(folder))
    found = find_repository(folder)
    assert found.root == folder
    assert found.git_dir == repository.root / f".git/worktrees/{folder.name}"


def test_a_git_folder_may_be_elsewhere(repository: GitFolder, tmp_path: Path) -> None:
    """As `git init --separate-git-dir` makes it: nothing of a branch is around it."""
    repository.git("init", "--quiet", "--separate-git-dir", str(tmp_path / "kept.git"))
    assert find_repository(repository.root).git_dir == tmp_path / "kept.git"


def test_a_repository_within_another_one_is_its_own(repository: GitFolder) -> None:
    """One checked out into another's folder has a `.git` of its own, which no branch can make."""
    inner = make_repository(repository.root / "vendor/inner")
    assert find_repository(inner.root).root == inner.root


@pytest.mark.parametrize("content", ["", "gitdir: nowhere", "elsewhere", "gitdir: " + "x" * 5000])
def test_a_git_file_that_leads_nowhere_is_refused(tmp_path: Path, content: str) -> None:
    """It is not passed over for a repository further up, as git would not either."""
    inner = make_repository(tmp_path / "r").root / "inner"
    inner.mkdir()
    (inner / ".git").write_text(content)
    with pytest.raises(HistoryUnavailable, match=r"inner/\.git"):
        find_repository(inner)


def test_a_folder_outside_of_every_repository_is_a_usage_error(tmp_path: Path) -> None:
    """Where there is no repository there is nothing to compare with."""
    with pytest.raises(UsageError, match="no git repository") as refusal:
        find_repository(tmp_path)
    assert refusal.value.exit_code == 64
    assert "--changed-from" in refusal.value.remedy


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@as_root
@pytest.mark.parametrize("uid", [1, 12345])
def test_a_repository_that_another_user_put_above_is_refused(
    repository: GitFolder, uid: int
) -> None:
    """As in a shared temporary folder, where anybody could make `.git`."""
    os.chown(repository.root / ".git", uid, uid)
    with pytest.raises(HistoryUnavailable, match=rf"belongs to another user \(uid {uid}\)"):
        find_repository(repository.root)


@as_root
def test_a_checkout_by_another_user_is_read(repository: GitFolder) -> None:
    """As in a CI job's container, where git itself would want `safe.directory`."""
    for path in (repository.root, *repository.root.rglob("*")):
        os.chown(path, 12345, 12345)
    opened = open_repository(repository.root)
    assert find_commit(opened, "main") == merge_base(opened, "HEAD", "HEAD")
