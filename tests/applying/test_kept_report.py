"""A report is kept true while creates are sent: whatever kills the run, the last one stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from reconciler.applying.kept_report import PAUSE, report_kept_true
from reconciler.model.errors import StateError
from reconciler.model.plan import ApplyReport, Outcome, StepResult
from reconciler.model.state import Qualification
from tests.fake_partner_center import DAWN
from tests.worlds import CONTOSO

RESULT = StepResult(CONTOSO, "contoso", Qualification.SOE, Outcome.NOT_ATTEMPTED)
BEFORE = ApplyReport("sha256:1", DAWN, None, (RESULT,))
AFTER = replace(BEFORE, results=(replace(RESULT, outcome=Outcome.CREATED),))


@dataclass
class Stage:
    """A report that turns, a clock that is wound by hand, and a disk with so much room."""

    now: ApplyReport = BEFORE
    room: list[bool] = field(default_factory=list)
    kept: list[ApplyReport] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    ticks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def keep(self, report: ApplyReport) -> None:
        if self.room and not self.room.pop(0):
            raise StateError("the disk is full")
        self.kept.append(report)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.ticks.acquire()

    async def tick(self) -> None:
        """Let one pause end, and what follows it happen."""
        self.ticks.release()
        for _ in range(3):
            await asyncio.sleep(0)

    async def show(self, *reports: ApplyReport) -> None:
        async with report_kept_true(lambda: self.now, self.keep, self.pause):
            for each in reports:
                self.now = each
                await self.tick()


def test_the_first_is_kept_before_anything() -> None:
    """Killed at once, the run leaves a report of what was to be done."""
    stage = Stage()
    asyncio.run(stage.show())
    assert stage.kept == [BEFORE]


def test_what_changes_is_kept_after_a_pause() -> None:
    """At most once a second, and only what is new."""
    stage = Stage()
    asyncio.run(stage.show(BEFORE, AFTER, AFTER))
    assert stage.kept == [BEFORE, AFTER]
    assert set(stage.pauses) == {PAUSE} == {1.0}


def test_without_the_first_nothing_begins() -> None:
    """A report that can't be kept is found before anything is sent."""
    stage = Stage(room=[False])
    with pytest.raises(StateError, match="the disk is full"):
        asyncio.run(stage.show(AFTER))
    assert stage.now == BEFORE


def test_one_that_can_not_be_kept_is_followed_by_another() -> None:
    """A disk that is full for a while doesn't end the run, nor the keeping."""
    stage = Stage(room=[True, False, True])
    asyncio.run(stage.show(AFTER, AFTER))
    assert stage.kept == [BEFORE, AFTER]
