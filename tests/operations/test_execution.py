"""An approved plan is executed: whatever happens, the report is true and delivered."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE, LOCK_FILE
from reconciler.model.errors import (
    StateError,
)
from reconciler.model.plan import Outcome, Scope, Step, Target
from reconciler.model.state import DesiredState, Qualification
from reconciler.operations.apply import ApplyRequest, apply
from tests.fake_partner_center import (
    Fault,
    after,
    room_for,
)
from tests.operations.bench import (
    CREATED,
    LOST,
    UNKNOWN,
    UNSENT,
    Bench,
)
from tests.worlds import (
    CONTOSO,
    SOE,
    customer,
    gcc,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_leaving_at_once_delivers_the_report(bench: Bench) -> None:
    """Cancelled in the middle of a create: one report, true, and the journal has what is open."""

    async def leave() -> None:
        request = ApplyRequest(DesiredState(bench.customers), Scope())
        running = asyncio.create_task(apply(request, bench.run, bench.stop, bench.admin))

        def cancel() -> None:
            running.cancel()

        bench.service.creates.extend([Fault(does=cancel)])
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    assert UNKNOWN in bench.outcomes
    assert CREATED not in bench.outcomes
    assert len(bench.history.unsettled) == bench.outcomes.count(UNKNOWN)


def ending(bench: Bench) -> int:
    """Apply; a StateError ends in 1, as the command line makes it."""
    try:
        return bench.apply()
    except StateError:
        return 1


@pytest.mark.parametrize("size", [150, 260, 500, 700, 900, 1100])
def test_a_full_disk_is_told_in_a_true_report(bench: Bench, size: int) -> None:
    """Wherever the journal runs out of room, there is one report, and what it says is so."""
    bench.save()
    with room_for(size):
        assert ending(bench) == 1
    created = bench.outcomes.count(CREATED)
    assert created == len(bench.service.effects) == len(bench.sent)
    assert bench.outcomes.count(UNSENT) == 3 - created
    assert bench.apply() == 0
    assert len(bench.service.effects) == 3


def test_a_journal_that_can_not_be_opened_is_reported(bench: Bench) -> None:
    """The report is delivered although nothing could begin: here, stateDir was cleaned away."""
    bench.service.reads.append(Fault(does=lambda: shutil.rmtree(bench.journal.parent)))
    with pytest.raises(StateError, match="removed or replaced"):
        bench.apply()
    assert bench.outcomes == [UNSENT] * 3
    assert bench.sent == []


def test_what_is_over_is_archived_at_the_end(bench: Bench) -> None:
    """The journal of a run that nothing is left of makes room for the next."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    bench.journal.parent.mkdir(exist_ok=True)
    with Journal(bench.journal, "run-0") as journal:
        journal.started(long_ago, "sha256:0", Target("emulator"))
        journal.sending(long_ago, Step(CONTOSO, "contoso", Qualification.SOE), "id-0")
        journal.settled(long_ago, "id-0", Outcome.CREATED)
    assert bench.apply() == 0
    assert b"sha256:0" in bench.journal.with_name("journal-2020.jsonl").read_bytes()
    assert b"sha256:0" not in bench.journal.read_bytes()


def test_a_folder_removed_while_creates_are_sent_ends_them(bench: Bench) -> None:
    """What was in flight is told as it ended; nothing more is sent, as another may run by now."""
    clean = Fault(does=lambda: shutil.rmtree(bench.journal.parent), after=True)
    bench.service.creates.append(clean)
    assert bench.apply() == 1
    assert bench.outcomes == [CREATED, UNSENT, UNSENT]
    assert len(bench.sent) == 1
    assert isinstance(bench.stop.error, StateError)


@pytest.mark.parametrize("name", [JOURNAL_FILE, LOCK_FILE])
def test_a_file_replaced_while_creates_are_sent_ends_them(bench: Bench, name: str) -> None:
    """A journal or a lock of the same name and content is still another one."""
    path = bench.journal.with_name(name)
    bench.service.creates.append(Fault(does=lambda: replace_by_copy(path), after=True))
    assert bench.apply() == 1
    assert bench.outcomes == [CREATED, UNSENT, UNSENT]


def replace_by_copy(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def test_no_file_has_the_code(tmp_path: Path) -> None:
    """After a GCC create the code is in no file of the folder, and in nothing that was told."""
    bench = Bench(tmp_path, customer(gcc(), SOE))
    bench.service.creates.append(after(LOST))
    bench.save()
    assert bench.apply() == 0
    assert bench.service.posts[0].code == "GCC-4711"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert not any(b"GCC-4711" in path.read_bytes() for path in files)
    assert "GCC-4711" not in f"{bench.admin}"


def test_a_report_that_can_not_be_kept_lets_nothing_be_sent(bench: Bench) -> None:
    """It is found before the first create, and told in the report that is delivered."""
    bench.admin.keeps = False
    with pytest.raises(StateError, match="the report can't be written"):
        bench.apply()
    assert (bench.outcomes, bench.sent) == ([UNSENT] * 3, [])


def test_the_report_is_kept_before_the_first_create(bench: Bench) -> None:
    """It has every step as not attempted, and no end."""
    assert bench.apply() == 0
    first = bench.admin.kept[0]
    assert [each.outcome for each in first.results] == [UNSENT] * 3
    assert first.finished_at is None
    assert bench.admin.reports[-1].finished_at is not None
