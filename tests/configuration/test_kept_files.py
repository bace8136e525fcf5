"""What a path is kept for: told of the file that would be replaced, and of files to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.configuration.kept_files import KeptFiles

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS: Final = {
    "all/a.yaml": True,
    "all/new/b.YML": True,
    "all/plan.json": False,
    "all/.cache/c.yaml": False,
    "one.yaml": True,
    "two.yaml": False,
    "link/d.yaml": True,
}


@pytest.mark.parametrize(("name", "kept"), MANIFESTS.items())
def test_manifests_and_those_to_come(tmp_path: Path, name: str, kept: bool) -> None:
    """A new file counts where `validate` would read it as a manifest."""
    (tmp_path / "all").mkdir()
    (tmp_path / "link").symlink_to("all")
    files = KeptFiles(manifests=(tmp_path / "all", tmp_path / "one.yaml"))
    assert (files.at(tmp_path / name) == "among the manifests") == kept


@pytest.mark.parametrize("name", ["journal.jsonl", "apply.lock", "new.json", "deep/new.json"])
@pytest.mark.parametrize("way", [".reconciler", "customers/../.reconciler", "link"])
def test_all_in_the_state_folder(tmp_path: Path, way: str, name: str) -> None:
    """By whatever way it is named, also where nothing is there yet."""
    (tmp_path / "customers").mkdir()
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / "link").symlink_to(".reconciler")
    files = KeptFiles(state_dir=tmp_path / ".reconciler", repository=tmp_path)
    assert "in stateDir" in (files.at(tmp_path / way / name) or "")


def test_a_link_to_a_file_of_state(tmp_path: Path) -> None:
    """What counts is the file that would be replaced."""
    (tmp_path / "report.json").symlink_to(".reconciler/journal.jsonl")
    files = KeptFiles(state_dir=tmp_path / ".reconciler", repository=tmp_path)
    assert "in stateDir" in (files.at(tmp_path / "report.json") or "")


STATE: Final = {"journal.jsonl": True, "apply.lock.json": True, "plan.json": False}


@pytest.mark.parametrize(("name", "kept"), STATE.items())
def test_a_state_folder_that_holds_the_repository(tmp_path: Path, name: str, kept: bool) -> None:
    """There, only the files of a run are kept, told by name."""
    files = KeptFiles(state_dir=tmp_path, repository=tmp_path / "repository")
    assert (files.at(tmp_path / name) is not None) == kept


def test_another_spelling_is_the_same_file(tmp_path: Path) -> None:
    """As the file system has it: here a second name of one file, elsewhere another case."""
    (tmp_path / "seed").touch()
    (tmp_path / "SEED").hardlink_to(tmp_path / "seed")
    files = KeptFiles().beside("the seed", [tmp_path / "seed", None])
    assert files.at(tmp_path / "SEED") == "the seed"
