"""One apply at a time on a working folder; who holds it is told, and death lets go of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.lock import HOLDER_FILE, LOCK_FILE, hold_lock
from reconciler.applying.state_folder import ensure_state_folder
from reconciler.model.errors import LockHeld, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

HOLDER: Final = """
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from reconciler.applying.lock import hold_lock

with hold_lock(Path(sys.argv[1]), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def take(folder: Path) -> None:
    with hold_lock(folder, STARTED):
        pass


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    """The refusal names process, host and start; the folder is free again afterwards."""
    with hold_lock(tmp_path, STARTED), pytest.raises(LockHeld) as refused:
        take(tmp_path)
    holder = f"process {os.getpid()} on {socket.gethostname()}, started 2026-01-02T03:04:05Z"
    assert holder in refused.value.message
    take(tmp_path)


def test_an_error_lets_go(tmp_path: Path) -> None:
    """An apply that ends in an error frees the folder."""
    with pytest.raises(ZeroDivisionError), hold_lock(tmp_path, STARTED):
        raise ZeroDivisionError
    take(tmp_path)


def test_death_lets_go(tmp_path: Path) -> None:
    """While another process holds it, it is refused by that process's id; kill -9 frees it."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeld, match=f"process {holder.pid} on "):
            take(tmp_path)
        holder.send_signal(signal.SIGKILL)
    take(tmp_path)


@pytest.mark.parametrize("signature", ["", "[]", "{}", "no JSON", '{"pid": 1, "host": "h"}'])
def test_an_unsigned_lock_is_refused_all_the_same(tmp_path: Path, signature: str) -> None:
    """Where the holder can't be read, the refusal says so."""
    with hold_lock(tmp_path, STARTED):
        (tmp_path / HOLDER_FILE).write_text(signature)
        with pytest.raises(LockHeld, match="it has not signed the lock yet"):
            take(tmp_path)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0, 0o277])
def test_all_of_it_is_the_owners_alone(tmp_path: Path, mask: int) -> None:
    """Lock and signature are 0600, whatever the umask."""
    with umask(mask), hold_lock(tmp_path, STARTED):
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes == {LOCK_FILE: 0o600, HOLDER_FILE: 0o600}


@pytest.mark.parametrize("file", [LOCK_FILE, HOLDER_FILE])
def test_no_link_is_followed(tmp_path: Path, file: str) -> None:
    """A branch can commit a link: what it leads to stays as it was, and the link is named."""
    other = tmp_path / "other"
    other.write_text("precious")
    state = tmp_path / "state"
    state.mkdir()
    (state / file).symlink_to(other)
    with pytest.raises(StateError, match=f"{state / file} can't be .*: it is a link"):
        take(state)
    assert other.read_text() == "precious"


@pytest.mark.parametrize("file", [LOCK_FILE, HOLDER_FILE])
def test_no_pipe_is_waited_for(tmp_path: Path, file: str) -> None:
    """A pipe in the place of the lock or its signature is refused at once, by name."""
    os.mkfifo(tmp_path / file)
    with pytest.raises(StateError, match=f"{tmp_path / file} can't be .*: it is no regular file"):
        take(tmp_path)


def test_a_signature_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """The second apply tells what it can, where the first one's signature was replaced."""
    with hold_lock(tmp_path, STARTED):
        (tmp_path / HOLDER_FILE).unlink()
        os.mkfifo(tmp_path / HOLDER_FILE)
        with pytest.raises(LockHeld, match="it has not signed the lock yet"):
            take(tmp_path)


@pytest.mark.parametrize("state", ["state", "linked/state"])
def test_the_folder_is_no_link(tmp_path: Path, state: str) -> None:
    """Neither it nor a folder of the repository on the way to it may be a link."""
    (tmp_path / "elsewhere").mkdir()
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / state.split("/", maxsplit=1)[0]).symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(StateError, match="is a link, and links are not followed"),
        hold_lock(repository / state, STARTED, within=repository),
    ):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_on_the_way_to_the_repository_is_the_owners_business(tmp_path: Path) -> None:
    """What lies above the repository no branch can commit."""
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    repository = tmp_path / "linked" / "repository"
    with hold_lock(repository / "state", STARTED, within=repository):
        assert (tmp_path / "real" / "repository" / "state" / LOCK_FILE).exists()


def test_the_folder_is_made_for_its_owner(tmp_path: Path) -> None:
    """A missing working folder is made, with its parents, for its owner alone."""
    folder = tmp_path / "deep" / "state"
    take(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    """A file in the folder's place is StateError, with the way out."""
    (tmp_path / "state").touch()
    with pytest.raises(StateError, match="can't be made") as refused:
        ensure_state_folder(tmp_path / "state")
    assert "stateDir" in refused.value.remedy


@pytest.mark.parametrize(
    ("file", "message"), [(LOCK_FILE, "can't be taken"), (HOLDER_FILE, "can't be written")]
)
def test_a_lock_that_can_not_be_taken_is_told(tmp_path: Path, file: str, message: str) -> None:
    """A folder where the lock or its signature belongs is StateError, and nothing stays held."""
    (tmp_path / file).mkdir()
    with pytest.raises(StateError, match=message):
        take(tmp_path)
    (tmp_path / file).rmdir()
    take(tmp_path)
