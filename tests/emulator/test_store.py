"""What runs changed is kept in one private file, shared and never torn."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.emulator.store import FileStore, MemoryStore, open_store, reset, state_path
from reconciler.emulator.world import (
    AuditRecord,
    Changes,
    CustomerQualifications,
    Element,
    Response,
)
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import CODE, MADE_GCC, PLAIN, Client, make_emulator

SEED = Path("live.yaml")
ALL = Changes(
    {
        PLAIN: CustomerQualifications(
            (Element("Education", "Denied", "why", "2020-12-03T10:37:38Z"),), 2
        )
    },
    {"digest": 3},
    {"key": Response(201, "{}")},
    (AuditRecord(PLAIN, "Education", "2020-12-03T10:37:38Z", "request"),),
)


def used(changes: Changes, key: str) -> tuple[int, Changes]:
    """Count one more use of `key`."""
    count = changes.uses.get(key, 0) + 1
    return count, replace(changes, uses={**changes.uses, key: count})


def use(store: FileStore | MemoryStore, key: str = "k") -> int:
    return store.update(lambda changes: used(changes, key))


def put(store: FileStore | MemoryStore, changes: Changes) -> None:
    store.update(lambda _: (None, changes))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_everything_comes_back(folder: Path) -> None:
    """What one store writes, the next one reads whole."""
    put(open_store(SEED, folder), ALL)
    assert open_store(SEED, folder).read() == ALL


def test_file_and_folder_are_private(folder: Path) -> None:
    """The folder is made 0700, and all files in it are 0600."""
    use(open_store(SEED, folder))
    assert mode_of(folder) == 0o700
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_is_there_keeps_its_mode(folder: Path) -> None:
    """A folder of the user's is left as it is."""
    folder.mkdir(mode=0o755)
    use(open_store(SEED, folder))
    assert mode_of(folder) == 0o755


def test_reading_writes_nothing(folder: Path) -> None:
    """A read makes neither file nor folder."""
    assert open_store(SEED, folder).read() == Changes()
    assert not folder.exists()


def test_an_unchanged_world_is_not_written(folder: Path) -> None:
    """An update that changes nothing leaves the file alone."""
    store = open_store(SEED, folder)
    use(store)
    before = state_path(SEED, folder).stat()
    store.update(lambda changes: (None, changes))
    assert state_path(SEED, folder).stat() == before


def test_an_unchanged_file_is_read_once(folder: Path) -> None:
    """Two reads of one version give the same object: nothing is parsed again."""
    use(open_store(SEED, folder))
    store = open_store(SEED, folder)
    assert store.read() is store.read()


def test_two_stores_see_each_other(folder: Path) -> None:
    """What one of two stores writes, the other reads at once, and adds to."""
    ours, theirs = open_store(SEED, folder), open_store(SEED, folder)
    assert [use(ours), use(theirs), use(ours), use(theirs)] == [1, 2, 3, 4]
    assert ours.read() == theirs.read()


def test_writers_at_once_lose_nothing(folder: Path) -> None:
    """Stores that write at the same time count every update."""
    stores = [open_store(SEED, folder) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, stores * 8))
    assert open_store(SEED, folder).read().uses == {"k": 32}


def test_each_seed_has_its_own_file(tmp_path: Path) -> None:
    """Another seed's changes are not seen; another way to write the same path is the same."""
    (tmp_path / "in").mkdir()
    use(open_store(tmp_path / "live.yaml", tmp_path))
    assert open_store(tmp_path / "other.yaml", tmp_path).read() == Changes()
    assert open_store(tmp_path / "in" / ".." / "live.yaml", tmp_path).read() != Changes()


def test_an_update_that_fails_changes_nothing(folder: Path) -> None:
    """An exception while changing leaves the file and lets the next one in."""

    def fail(_: Changes) -> tuple[None, Changes]:
        raise ConfigurationError("no")

    store = open_store(SEED, folder)
    use(store)
    with pytest.raises(ConfigurationError, match="no"):
        store.update(fail)
    assert use(store) == 2


def test_reset_goes_back_to_the_seed(folder: Path) -> None:
    """After a reset nothing is changed, in any store."""
    store = open_store(SEED, folder)
    use(store)
    reset(SEED, folder)
    assert store.read() == Changes()
    assert not state_path(SEED, folder).exists()


def test_reset_of_nothing_makes_nothing(folder: Path) -> None:
    """Where there is no state, a reset leaves no trace."""
    reset(SEED, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"\xff", b'{"kind":"EmulatorState","format_version":"2.0"}', b"null"],
)
def test_a_corrupt_file_is_refused_until_reset(folder: Path, text: bytes) -> None:
    """The file is named, the way out is told, and reset mends it."""
    path = state_path(SEED, folder)
    folder.mkdir()
    path.write_bytes(text)
    store = open_store(SEED, folder)
    with pytest.raises(ConfigurationError) as refused:
        store.read()
    assert str(path) in refused.value.message
    assert "emulator reset" in refused.value.remedy
    store.reset()
    assert store.read() == Changes()


def test_a_corrupt_file_stays_as_it_is(folder: Path) -> None:
    """An update over a corrupt file is refused, and overwrites nothing."""
    path = state_path(SEED, folder)
    folder.mkdir()
    path.write_bytes(b"precious")
    with pytest.raises(ConfigurationError, match="not a state file"):
        use(open_store(SEED, folder))
    assert path.read_bytes() == b"precious"


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    """Where the folder's place is taken by a file, the path is told."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="can't be read or written") as refused:
        use(open_store(SEED, tmp_path / "file" / "state"))
    assert str(tmp_path) in refused.value.message


def test_a_lock_that_is_held_is_told(folder: Path) -> None:
    """A lock that is held too long is named."""
    store = FileStore(state_path(SEED, folder), "seed", lock_seconds=0)
    told: list[str] = []

    def meanwhile(changes: Changes) -> tuple[None, Changes]:
        with ThreadPoolExecutor(1) as pool:
            waiting = FileStore(store.path, "seed", lock_seconds=0)
            failed = pool.submit(use, waiting).exception()
        assert isinstance(failed, ConfigurationError)
        told.append(failed.message)
        return None, changes

    store.update(meanwhile)
    assert f"{store.path}.lock: another process" in told[0]


def test_a_left_over_draft_is_no_hindrance(folder: Path) -> None:
    """A draft that a killed process left is overwritten."""
    folder.mkdir()
    path = state_path(SEED, folder)
    path.with_name(f"{path.name}.new").write_text("half")
    assert use(open_store(SEED, folder)) == 1
    assert open_store(SEED, folder).read().uses == {"k": 1}


def test_memory_forgets() -> None:
    """Without a folder changes live in memory, until a reset."""
    store = open_store(SEED, None)
    assert [use(store), use(store)] == [1, 2]
    store.reset()
    assert store.read() == Changes()


def test_no_code_reaches_the_disk(folder: Path) -> None:
    """After a GCC create no file of the folder has the code."""
    assert Client(make_emulator(state_dir=folder)).create(PLAIN, MADE_GCC).status_code == 201
    texts = [path.read_text() for path in folder.iterdir()]
    assert any("GovernmentCommunityCloud" in text for text in texts)
    assert not any(CODE in text for text in texts)


def test_the_file_says_whose_it_is(folder: Path) -> None:
    """The file names its kind, its version and the seed."""
    use(open_store(SEED, folder))
    kept = json.loads(state_path(SEED, folder).read_text())
    assert (kept["kind"], kept["format_version"]) == ("EmulatorState", "1.0")
    assert kept["seed"] == str(SEED.resolve())


@pytest.mark.parametrize("suffix", ["", ".lock"])
def test_no_link_is_followed(folder: Path, suffix: str) -> None:
    """A branch can commit a link: what it leads to stays as it was, and the link is refused."""
    folder.mkdir()
    other = folder / "other"
    other.write_text("precious")
    path = state_path(SEED, folder)
    path.with_name(path.name + suffix).symlink_to(other)
    with pytest.raises(ConfigurationError, match="is a link, and links are not followed"):
        use(open_store(SEED, folder))
    assert other.read_text() == "precious"


def test_no_draft_is_written_through_a_link(folder: Path) -> None:
    """A link where the draft belongs makes way for it."""
    folder.mkdir()
    other = folder / "other"
    other.write_text("precious")
    path = state_path(SEED, folder)
    path.with_name(f"{path.name}.new").symlink_to(other)
    assert use(open_store(SEED, folder)) == 1
    assert (other.read_text(), path.is_symlink(), mode_of(path)) == ("precious", False, 0o600)


def test_a_folder_that_is_a_link_is_refused(folder: Path) -> None:
    """Else the state would be written where the link leads."""
    folder.with_name("elsewhere").mkdir()
    folder.symlink_to(folder.with_name("elsewhere"))
    with pytest.raises(ConfigurationError, match="is a link, and links are not followed"):
        use(open_store(SEED, folder))
    assert list(folder.iterdir()) == []


def test_no_pipe_is_waited_for(folder: Path) -> None:
    """A pipe in the file's place is refused at once."""
    folder.mkdir()
    os.mkfifo(state_path(SEED, folder))
    with pytest.raises(ConfigurationError, match="it is no regular file"):
        open_store(SEED, folder).read()


@pytest.mark.parametrize("mask", [0, 0o277])
def test_the_file_is_private_whatever_the_umask(folder: Path, mask: int) -> None:
    """Lock and state are 0600 with a umask of 000 as with one that takes too much."""
    folder.mkdir()
    before = os.umask(mask)
    try:
        use(open_store(SEED, folder))
    finally:
        os.umask(before)
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}
