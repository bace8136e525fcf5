"""A file is replaced whole; what can't be replaced is found out beforehand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.documents.saving import ensure_replaceable, write_whole
from reconciler.model.errors import StateError
from tests.system_calls import watched

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_NAME: Final = 255


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_written_whole(file: Path) -> None:
    """Writing replaces the file and leaves nothing else behind."""
    for text in ("first, and rather long", "second 学校"):
        write_whole(file, text)
        assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_replaced_not_rewritten(file: Path) -> None:
    """Whoever has the old file open goes on reading it to its end."""
    write_whole(file, "old")
    with file.open() as opened:
        write_whole(file, "new")
        assert opened.read() == "old"
    assert file.read_text() == "new"


def test_on_disk_before_it_has_its_name(file: Path) -> None:
    """A machine that loses its power has the old file or the new one, never an empty one."""
    with watched(os.fsync, os.replace) as calls:
        write_whole(file, "text")
    assert calls == [os.fsync, os.replace]


def test_a_link_stays_a_link(file: Path) -> None:
    """What it leads to is replaced."""
    link = file.with_name("link")
    link.symlink_to(file)
    write_whole(link, "text")
    assert (link.is_symlink(), file.read_text()) == (True, "text")


def test_a_pipe_stays_a_pipe(file: Path) -> None:
    """`--out >(program)` is written to."""
    os.mkfifo(file)
    reader = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(file, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert file.is_fifo()


def test_a_pipe_without_a_reader_is_not_waited_for(file: Path) -> None:
    """It may never get one."""
    os.mkfifo(file)
    with pytest.raises(StateError, match="can't be written"):
        write_whole(file, "text")


@pytest.mark.parametrize(("mask", "mode"), [(0o000, 0o644), (0o022, 0o644), (0o077, 0o600)])
def test_never_writable_for_others(file: Path, mask: int, mode: int) -> None:
    """The umask may take more, and never gives more; it is what it was."""
    before = os.umask(mask)
    try:
        write_whole(file, "text")
    finally:
        after = os.umask(before)
    assert (file.stat().st_mode & 0o777, after) == (mode, mask)


@pytest.mark.parametrize("length", [1, LONGEST_NAME - 5, LONGEST_NAME])
def test_names_as_long_as_names_can_be(tmp_path: Path, length: int) -> None:
    """What is written beside it first has a short name of its own."""
    file = tmp_path / ("n" * length)
    ensure_replaceable(file)
    write_whole(file, "text")
    assert file.read_text() == "text"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Path.mkdir, "it is a folder"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to("/dev/null"), "it is no regular file"),
    ],
    ids=["folder", "pipe", "device"],
)
def test_what_can_not_be_replaced(file: Path, make: Callable[[Path], None], why: str) -> None:
    """It is found before anything is done, by name, and nobody waits."""
    make(file)
    with pytest.raises(StateError, match=f"{file} can't be written: {why}"):
        ensure_replaceable(file)


@pytest.mark.parametrize(
    "make",
    [lambda path: path.symlink_to(path.with_name("journal")), os.mkfifo],
    ids=["link", "pipe"],
)
def test_what_comes_to_its_place_is_replaced(file: Path, make: Callable[[Path], None]) -> None:
    """A link is not followed that was not there at first, and no pipe is waited for."""
    journal = file.with_name("journal")
    journal.write_text("kept")
    place = ensure_replaceable(file)
    make(file)
    place.replace("text")
    assert (file.is_symlink(), file.read_text(), journal.read_text()) == (False, "text", "kept")


def test_a_link_that_was_there_at_first_stays_a_link(file: Path) -> None:
    """What it leads to is replaced, each time."""
    link = file.with_name("link")
    link.symlink_to(file)
    place = ensure_replaceable(link)
    for text in ("one", "two"):
        place.replace(text)
        assert (link.is_symlink(), file.read_text()) == (True, text)


def test_no_link_in_place_of_its_folder_is_followed(tmp_path: Path) -> None:
    """It may lead to where a journal has the same name."""
    folder, kept = tmp_path / "out", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    place = ensure_replaceable(folder / "journal")
    folder.rmdir()
    folder.symlink_to(kept)
    with pytest.raises(StateError, match="a link took the place of its folder"):
        place.replace("text")
    assert list(kept.iterdir()) == []


@pytest.mark.parametrize("name", ["n" * (LONGEST_NAME + 1), "no/such/folder"])
def test_where_no_file_can_be(tmp_path: Path, name: str) -> None:
    """A name too long, a folder that isn't there: found beforehand, and when writing."""
    for attempt in (ensure_replaceable, lambda path: write_whole(path, "text")):
        with pytest.raises(StateError, match="can't be written"):
            attempt(tmp_path / name)


MOUNTED: Final = """
import sys
from pathlib import Path
from reconciler.documents.saving import write_whole
from reconciler.model.errors import StateError

try:
    write_whole(Path(sys.argv[1]), "new")
except StateError as error:
    print(error)
"""


def test_a_mount_is_not_replaced(file: Path) -> None:
    """A file that is mounted over can't be: told by name, with nothing left beside it."""
    source = file.with_name("source")
    for each in (file, source):
        each.write_text("old")
    mount = f'mount --bind "{source}" "{file}" && exec "{sys.executable}" -c "$0" "{file}"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, MOUNTED],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this system lets nobody mount")
    assert "can't be written: Device or resource busy" in done.stdout
    assert {each.name for each in file.parent.iterdir()} == {"plan.json", "source"}
