"""Files that hold one secret."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.secret_file import locked, read_token, replacement_of
from tests.system_calls import watched

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("content", [b"token\n", b"  token\r\n", b"\xef\xbb\xbftoken", b"token"])
def test_white_space_and_a_mark_around_it_are_dropped(tmp_path: Path, content: bytes) -> None:
    """Editors and shells add line ends and byte order marks."""
    (tmp_path / "token").write_bytes(content)
    assert read_token(tmp_path / "token") == Secret("token")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        ("planted".encode("utf-16"), "is not UTF-8 text"),
        (b"planted\x00planted", "something other than one token"),
        (b"planted planted", "something other than one token"),
        (b'"planted"', "something other than one token"),
        (b'{"value": "planted"}', "something other than one token"),
        (b"p" * 70_000, "too large"),
    ],
)
def test_what_is_no_token_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """The reason is told, the content is not."""
    (tmp_path / "token").write_bytes(content)
    reason = read_token(tmp_path / "token")
    assert isinstance(reason, str)
    assert said in reason
    assert "planted" not in reason


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """In the words of the system."""
    assert read_token(tmp_path / "token") == "can't be read: No such file or directory"


def test_a_replacement_takes_the_place_of_the_file(tmp_path: Path) -> None:
    """Atomically, readable for the owner only, and nothing is left beside it."""
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    with replacement_of(path) as replacement:
        assert path.read_text() == "old"
        replacement.put(Secret("new"))
        assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_on_disk_before_the_old_one_is_gone(tmp_path: Path) -> None:
    """And its name is, before anybody goes on: the authority may take no other any more."""
    with (
        replacement_of(tmp_path / "token") as replacement,
        watched(os.fsync, os.replace) as calls,
    ):
        replacement.put(Secret("new"))
    assert calls == [os.fsync, os.replace, os.fsync]


def test_a_replacement_that_is_not_used_leaves_all_as_it_was(tmp_path: Path) -> None:
    """An exchange that failed touches nothing."""
    path = tmp_path / "token"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacement_of(path):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_never_replaced_by_nothing(tmp_path: Path) -> None:
    """Not even by a mistake of ours."""
    path = tmp_path / "token"
    path.write_text("old")
    with pytest.raises(AssertionError), replacement_of(path) as replacement:
        replacement.put(Secret(""))
    assert path.read_text() == "old"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It is told before anything is prepared."""
    with pytest.raises(SignInFailed, match="is a folder"), replacement_of(tmp_path):
        pass


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """As is any folder that takes no new file."""
    path = tmp_path / "gone" / "token"
    with pytest.raises(SignInFailed, match="doesn't exist"), locked(path):
        pass
    assert not path.parent.exists()
    with pytest.raises(SignInFailed, match="can't be written to"), replacement_of(path):
        pass


def test_where_the_file_can_not_be_replaced_the_new_secret_survives(tmp_path: Path) -> None:
    """It stays beside the file, and the message says where: the authority may want it next time."""
    path = tmp_path / "token"
    with replacement_of(path) as replacement:
        path.mkdir()
        (path / "in the way").touch()
        with pytest.raises(SignInFailed, match="can't be replaced") as failed:
            replacement.put(Secret("new"))
    (kept,) = tmp_path.glob(".token.*")
    assert kept.read_text() == "new"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert str(kept) in failed.value.message


def test_where_the_disk_is_full_the_old_secret_survives(tmp_path: Path) -> None:
    """A write that fails is told, and the file is as it was."""
    path = tmp_path / "token"
    path.write_text("old")
    with replacement_of(path) as replacement:
        full = os.open("/dev/full", os.O_RDWR)
        os.dup2(full, replacement.descriptor)
        os.close(full)
        with pytest.raises(SignInFailed, match="the old one is still there"):
            replacement.put(Secret("new"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_that_can_not_be_taken_is_told(tmp_path: Path) -> None:
    """Here a folder is in its place."""
    (tmp_path / "token.lock").mkdir()
    with pytest.raises(SignInFailed, match="can't be written to"), locked(tmp_path / "token"):
        pass


def test_a_held_file_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    """The second run is told which file another one holds."""
    path = tmp_path / "token"
    with (
        locked(path),
        pytest.raises(SignInFailed, match="another run has held"),
        locked(path, timeout=0.05),
    ):
        pass
