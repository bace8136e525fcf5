"""Finding the files that hold manifests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.manifests.files import find_manifests, shown
from reconciler.model.errors import ConfigurationError
from reconciler.yaml_text.text_files import read_text
from tests.manifest_samples import brief

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIGURATION = "apiVersion: reconciler/v1\nkind: ReconcilerConfig\n"


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, paths: Sequence[Path] = (), **options: frozenset[Path]) -> list[str]:
    return [each.file for each in find_manifests(paths or [folder], folder, **options).files]


def test_walk(tmp_path: Path) -> None:
    """Folders are searched for *.yaml and *.yml in order; what is hidden is passed over."""
    make(tmp_path, "b.yaml", "a/z.yml", "a/b/c.yaml", "c.json", "yaml", ".d.yaml", ".git/e.yaml")
    make(tmp_path, "f.yaml.bak", "g.YAML", "h.yaml/i.yaml")
    assert found(tmp_path) == ["a/b/c.yaml", "a/z.yml", "b.yaml", "h.yaml/i.yaml"]


def test_each_file_once(tmp_path: Path) -> None:
    """However often a file is named or linked to, it is read once, in any order of paths."""
    make(tmp_path, "a/b.yaml", "c.yaml")
    (tmp_path / "d.yaml").symlink_to("c.yaml")
    (tmp_path / "e").symlink_to("a")
    paths = [tmp_path, tmp_path / "a", tmp_path / "a" / "b.yaml", tmp_path / "a" / ".." / "a"]
    assert found(tmp_path, paths) == ["a/b.yaml", "c.yaml"]
    assert found(tmp_path, paths[::-1]) == ["a/b.yaml", "c.yaml"]


def test_named_file(tmp_path: Path) -> None:
    """A file that is named is read whatever it is called."""
    make(tmp_path, "manifest.txt", ".hidden")
    assert found(tmp_path, [tmp_path / "manifest.txt", tmp_path / ".hidden"]) == [
        ".hidden",
        "manifest.txt",
    ]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="the platform has no such names")
def test_named_descriptor(tmp_path: Path) -> None:
    """What a shell hands in as /dev/fd/9 is read, though the file's own name is gone."""
    make(tmp_path, "a.yaml")
    with (tmp_path / "a.yaml").open() as stream:
        (tmp_path / "a.yaml").unlink()
        (file,) = find_manifests([Path(f"/dev/fd/{stream.fileno()}")], tmp_path).files
        assert read_text(file.path, file.file) == ""


def test_named_hidden_folder(tmp_path: Path) -> None:
    """A folder that is named is searched, hidden or not."""
    make(tmp_path, ".a/b.yaml")
    assert found(tmp_path, [tmp_path / ".a"]) == [".a/b.yaml"]


def test_relative_to_base(tmp_path: Path) -> None:
    """Files are known by their way from the base folder, outside of it too."""
    make(tmp_path, "base/a.yaml", "other/b.yaml")
    files = find_manifests([tmp_path], tmp_path / "base").files
    assert [each.file for each in files] == ["../other/b.yaml", "a.yaml"]


def test_missing_path(tmp_path: Path) -> None:
    """A path that does not exist is told by its name."""
    with pytest.raises(ConfigurationError, match="nowhere/a does not exist"):
        find_manifests([tmp_path / "nowhere" / "a"], tmp_path)


def test_skip(tmp_path: Path) -> None:
    """What is never a manifest is left out, named or found, under any link."""
    make(tmp_path, "a.yaml", "live.yaml")
    (tmp_path / "link.yaml").symlink_to("live.yaml")
    never = frozenset({(tmp_path / "live.yaml").resolve()})
    paths = [tmp_path, tmp_path / "live.yaml"]
    assert found(tmp_path, paths, skip=never) == ["a.yaml"]


def test_configuration_and_seed(tmp_path: Path) -> None:
    """A configuration that is met on the way is no manifest, nor is the seed it names."""
    make(tmp_path, "a/b.yaml", "a/live.yaml", "c/live.yaml")
    text = CONFIGURATION + "partnerCenter: {emulator: live.yaml}\n"
    (tmp_path / "a" / "reconciler.yaml").write_text(text)
    odd = CONFIGURATION + 'partnerCenter: {emulator: "live.yaml\\0"}\n'
    (tmp_path / "c" / "reconciler.yml").write_text(odd)
    assert found(tmp_path) == ["a/b.yaml", "c/live.yaml"]
    assert found(tmp_path, [tmp_path / "a" / "reconciler.yaml"]) == []


@pytest.mark.parametrize("text", ["", "a: [", "kind: CustomerQualifications\n", "\0", "- a\n"])
def test_called_like_a_configuration(text: str, tmp_path: Path) -> None:
    """A file that is only called like a configuration is read as a manifest."""
    (tmp_path / "reconciler.yaml").write_text(text)
    assert found(tmp_path) == ["reconciler.yaml"]


def test_links_that_lead_out(tmp_path: Path) -> None:
    """Links out of the folder are refused; those within and dangling ones are for the reader."""
    make(tmp_path, "in/a.yaml", "in/.hidden/b.yaml", "out/c.yaml")
    for name, target in {
        "file.yaml": "../out/c.yaml",
        "folder": "../out",
        "gone.yaml": "../gone",
        "within.yaml": ".hidden/b.yaml",
        "dangling.yaml": "nothing",
        "loop.yaml": "loop.yaml",
        "up": "..",
    }.items():
        (tmp_path / "in" / name).symlink_to(target)
    search = find_manifests([tmp_path / "in", tmp_path / "in" / "."], tmp_path)
    assert len(search.diagnostics) == 4
    assert [each.file for each in search.files] == [
        "in/a.yaml",
        "in/dangling.yaml",
        "in/loop.yaml",
        "in/within.yaml",
    ]
    assert {
        (each.source.file if each.source else "", brief(each)) for each in search.diagnostics
    } == {
        (f"in/{name}", "1:1 outside-folder") for name in ("file.yaml", "folder", "gone.yaml", "up")
    }


def test_named_link(tmp_path: Path) -> None:
    """A link that is named itself may lead anywhere: whoever runs the program has said so."""
    make(tmp_path, "out/a.yaml")
    (tmp_path / "link").symlink_to("out")
    assert found(tmp_path, [tmp_path / "link"]) == ["link/a.yaml"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A name that is not UTF-8 is told with escapes, so that any output can hold it."""
    name = os.fsdecode(b"caf\xe9.yaml")
    make(tmp_path, name)
    assert found(tmp_path) == ["caf\\xe9.yaml"]
    assert shown(Path("a", "b"), Path("c")) == "../a/b"


def test_unreadable_folder(tmp_path: Path) -> None:
    """A folder that can't be read is told, here one too deep for its path; the others are read."""
    make(tmp_path, "a.yaml", "z/b.yaml")
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=folder)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    search = find_manifests([tmp_path], tmp_path)
    assert [each.file for each in search.files] == ["a.yaml", "z/b.yaml"]
    (diagnostic,) = search.diagnostics
    assert diagnostic.rule == "syntax"
    assert diagnostic.message.endswith("can't be read: File name too long")


def test_path_too_long(tmp_path: Path) -> None:
    """A path longer than paths can be is one that does not exist."""
    with pytest.raises(ConfigurationError, match="does not exist"):
        find_manifests([tmp_path / ("a" * 300)], tmp_path)
