"""The journal stays short, and no line of it is ever lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.compaction import compact_journal
from reconciler.applying.history import FRESH, read_history
from reconciler.applying.journal import Journal
from reconciler.model.plan import Outcome, Step, Target
from reconciler.model.state import CustomerId, Qualification
from tests.fake_partner_center import room_for

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
OLD: Final = NOW - FRESH
LAST_YEAR: Final = datetime(2025, 12, 31, tzinfo=UTC)
HERE: Final = Target("https://api.partnercenter.microsoft.com")
ELSEWHERE: Final = Target("emulator")


def step_of(name: str) -> Step:
    return Step(CustomerId(name), name, Qualification.SOE)


def send(path: Path, name: str, at: datetime, outcome: Outcome, target: Target = HERE) -> None:
    """Write one run with one create."""
    with Journal(path, f"run-{name}") as journal:
        journal.started(at, f"sha256:{name}", target)
        journal.sending(at, step_of(name), name)
        journal.posting(at, name, f"correlation-{name}")
        journal.settled(at, name, outcome)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of every kind of create."""
    path = tmp_path / "journal.jsonl"
    send(path, "last-year", LAST_YEAR, Outcome.CREATED)
    send(path, "doubtful-last-year", LAST_YEAR, Outcome.UNKNOWN)
    send(path, "old", OLD, Outcome.CREATED)
    send(path, "elsewhere", OLD, Outcome.UNKNOWN, ELSEWHERE)
    send(path, "fresh", NOW - timedelta(minutes=59), Outcome.CREATED)
    send(path, "new", NOW, Outcome.REJECTED)
    return path


def lines(path: Path) -> list[bytes]:
    """Every line of the journal and its archives."""
    return [line for each in path.parent.glob("*.jsonl") for line in each.read_bytes().splitlines()]


def test_what_is_over_goes_to_its_year(path: Path) -> None:
    """Settled and no longer fresh: in the archive of its year, of the owner alone."""
    compact_journal(path, NOW)
    assert {each.name for each in path.parent.iterdir()} == {
        "journal.jsonl",
        "journal-2025.jsonl",
        "journal-2026.jsonl",
    }
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
    assert b"sha256:last-year" in (path.parent / "journal-2025.jsonl").read_bytes()
    assert b"sha256:old" in (path.parent / "journal-2026.jsonl").read_bytes()
    assert b"sha256:old" not in path.read_bytes()


def test_the_next_run_reads_the_same(path: Path) -> None:
    """What is unsettled or fresh, and its correlation ids, a compacted journal tells as before."""
    told = [read_history(path, target) for target in (HERE, ELSEWHERE)]
    compact_journal(path, NOW)
    for target, before in zip((HERE, ELSEWHERE), told, strict=True):
        after = read_history(path, target)
        assert after.unsettled == before.unsettled
        assert after.elsewhere == before.elsewhere
        assert after.freshly_done(NOW) == before.freshly_done(NOW)
        assert after.correlation_ids.items() <= before.correlation_ids.items()
        assert after.correlation_ids.keys() >= {
            each.request_id for each in after.unsettled.values()
        }


def test_no_line_is_lost(path: Path) -> None:
    """Each is in one file or the other, once; compacting again changes nothing."""
    before = path.read_bytes().splitlines()
    compact_journal(path, NOW)
    assert sorted(lines(path)) == sorted(before)
    compact_journal(path, NOW)
    assert sorted(lines(path)) == sorted(before)


@pytest.mark.parametrize("cut", [0, 1, 40, 200, None])
def test_killed_between_archive_and_journal(path: Path, cut: int | None) -> None:
    """What a killed run left in the archive, torn or whole, is there once in the end."""
    before = path.read_bytes()
    compact_journal(path, NOW)
    archive = path.with_name("journal-2026.jsonl")
    archive.write_bytes(archive.read_bytes()[:cut])
    path.write_bytes(before)
    path.with_name("journal.jsonl.new").write_bytes(b"torn")
    compact_journal(path, NOW)
    assert sorted(lines(path)) == sorted(before.splitlines())
    assert not path.with_name("journal.jsonl.new").exists()


@pytest.mark.parametrize("room", [0, 100, 500])
def test_a_full_disk_leaves_the_journal_as_it_was(path: Path, room: int) -> None:
    """It can be compacted another day."""
    before = path.read_bytes()
    with room_for(room), pytest.raises(OSError, match="too large"):
        compact_journal(path, NOW)
    assert path.read_bytes() == before
    compact_journal(path, NOW)
    assert sorted(lines(path)) == sorted(before.splitlines())


def test_a_reset_stays_where_it_counts(path: Path) -> None:
    """A fresh create that a reset made void doesn't come back."""
    send(path, "void", NOW, Outcome.CREATED, ELSEWHERE)
    with Journal(path, "run-reset") as journal:
        journal.reset(NOW, ELSEWHERE)
    compact_journal(path, NOW)
    history = read_history(path, ELSEWHERE)
    assert (history.unsettled, history.freshly_done(NOW)) == ({}, {})


def test_an_archive_that_is_a_link_is_not_written(path: Path) -> None:
    """The journal stays as it was then."""
    before = path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(b"precious\n")
    path.with_name("journal-2025.jsonl").symlink_to(other)
    with pytest.raises(OSError, match="it is a link"):
        compact_journal(path, NOW)
    assert (path.read_bytes(), other.read_bytes()) == (before, b"precious\n")
