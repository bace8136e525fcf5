"""One apply as a process of its own, and the mishaps that befall its calls; it claims nothing."""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from dataclasses import dataclass, replace
from errno import ENOSPC
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from reconciler.applying.stop import StopSignal
from reconciler.model.errors import (
    AppOnlyRefused,
    CallRefused,
    OutcomeUnknown,
    ReconcilerError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.operations.apply import ApplyRequest, apply
from tests.fake_partner_center import Admin, FakePartnerCenter, Fault, Killed, room_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.model.state import CustomerId, Qualification
    from reconciler.operations.run import Run
    from tests.fake_partner_center import Post

DECIDED: Final[dict[str, Exception]] = {
    "down": Unavailable("no connection"),
    "refused": CallRefused("a definite no"),
    "signed out": SignInRefused("who are you?"),
    "app-only": AppOnlyRefused("not for app-only"),
    "no way in": SignInFailed("the authority said no"),
}
DOUBTFUL: Final[dict[str, Exception]] = {
    "lost": OutcomeUnknown("no answer came in time"),
    "unreadable": UnreadableAnswer("HTML"),
    "flaw": ZeroDivisionError("a flaw of ours"),
}
KILLED: Final = "killed"
INTERRUPTED: Final = "Ctrl-C"
CANCELLED: Final = "left at once"
DRIPPING: Final = "left in the body of a 201"
MEDDLED: Final = "foreign create"
TAKEN_AWAY: Final = "stateDir taken away"

UNHEARD: Final[dict[str, OSError | None]] = {
    "alive": None,
    "broken": BrokenPipeError("nobody listens"),
    "full": OSError(ENOSPC, "no room"),
    "blocked": BlockingIOError("nobody reads"),
}
"""What comes of telling anything, by what has become of stderr."""

STOPS_READS: Final = frozenset({"signed out", "no way in"})
STOPS_CHECKS: Final = frozenset({"no way in"})
STOPS_CREATES: Final = frozenset({"signed out", "no way in", "app-only"})


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls one call: before its effect, or `after` it where that makes sense.

    Whatever `also` names befalls the run at the same time.
    """

    name: str
    after: bool
    also: str | None = None


Script = list[Mishap | None]


@dataclass(frozen=True, slots=True)
class Weather:
    """The mishaps of one run, a script for each kind of call. `room` is what the disk has left."""

    reads: Script
    checks: Script
    creates: Script
    room: int | None
    concurrency: int
    stderr: str = "alive"


def scripts(most: int, *, least: int = 0, fair: int = 1) -> st.SearchStrategy[Script]:
    """Write scripts in which about `fair` calls go well for each that doesn't."""
    also = [INTERRUPTED, CANCELLED, MEDDLED, TAKEN_AWAY]
    names = [*DECIDED, *DOUBTFUL, *also, *[DRIPPING] * 3, "lost", *[KILLED] * 3]
    pair = st.sampled_from([None, None, None, *also])
    mishaps = st.builds(Mishap, st.sampled_from(names), st.booleans(), pair)
    return st.lists(st.one_of(*[st.none()] * fair, mishaps), min_size=least, max_size=most)


WEATHERS: Final = st.builds(
    Weather,
    reads=st.one_of(st.just([]), scripts(12, fair=12)),
    checks=st.one_of(st.just([]), st.just([]), scripts(2, fair=2)),
    creates=st.one_of(scripts(8), scripts(8, least=4)),
    room=st.one_of(*[st.none()] * 7, st.integers(200, 1800)),
    concurrency=st.integers(1, 3),
    stderr=st.sampled_from(["alive", *UNHEARD]),
)
CALM: Final = Weather([], [], [], None, 2)


class Process:
    """One apply, as a process: what it was told, what it did, how it ended."""

    def __init__(self, service: FakePartnerCenter, journal: Path) -> None:
        self.service = service
        self.journal = journal
        self.admin = Admin()
        self.stop = StopSignal()
        self.code: int | None = None
        self.error: BaseException | None = None
        self.at_death: bytes | None = None
        self.posts_at_stop: int | None = None
        self.taken_away: Path | None = None
        self.could_write = True
        """Nothing kept a line from the journal."""
        self._unheard: OSError | None = None
        self._task: asyncio.Task[int] | None = None
        self._first_post = len(service.posts)
        self._first_effect = len(service.effects)

    def run(
        self, request: ApplyRequest, run: Run, weather: Weather, meddle: Callable[[], None]
    ) -> None:
        """Run to whatever end. One that was killed leaves the journal as it was at its death."""
        service = self.service
        self._unheard = UNHEARD[weather.stderr]
        run = replace(run, say=self._say)
        service.reads = self._cast(weather.reads, STOPS_READS, meddle)
        service.checks = self._cast(weather.checks, STOPS_CHECKS, meddle)
        service.creates = self._cast(weather.creates, STOPS_CREATES, meddle)
        size = self.journal.stat().st_size if self.journal.exists() else 0
        if weather.room is None:
            self._run(request, run)
        else:
            with room_for(size + weather.room):
                self._run(request, run)
        for script in (service.reads, service.checks, service.creates):
            script.clear()
        service.dead = False
        lived = self.at_death is None and self.taken_away is None
        self.could_write = weather.room is None and lived
        if self.taken_away is not None:
            self._put_back(self.taken_away)
        elif self.at_death is not None:
            self.journal.parent.mkdir(exist_ok=True)
            self.journal.write_bytes(self.at_death)

    def _run(self, request: ApplyRequest, run: Run) -> None:
        try:
            self.code = asyncio.run(self._apply(request, run))
        except (ReconcilerError, ZeroDivisionError, asyncio.CancelledError) as error:
            self.error = error
        except (Killed, BaseExceptionGroup) as error:
            self.error = error

    async def _apply(self, request: ApplyRequest, run: Run) -> int:
        self._task = asyncio.create_task(apply(request, run, self.stop, self.admin))
        return await self._task

    def _cast(
        self, script: Script, stopping: frozenset[str], meddle: Callable[[], None]
    ) -> deque[Fault | None]:
        does = {
            KILLED: Fault(Killed(), does=self._die),
            INTERRUPTED: Fault(does=self._interrupt),
            CANCELLED: Fault(does=self._leave),
            DRIPPING: Fault(None, True, self._leave, hangs=60, status=HTTPStatus.CREATED),
            MEDDLED: Fault(does=meddle),
            TAKEN_AWAY: Fault(does=self._take_away),
        }

        def fault(mishap: Mishap) -> Fault:
            if mishap.name in does:
                known = does[mishap.name]
                return replace(known, after=mishap.after or known.after)
            if mishap.name in stopping:
                return Fault(DECIDED[mishap.name], does=self._stopped)
            if mishap.name in DECIDED:
                return Fault(DECIDED[mishap.name])
            return Fault(DOUBTFUL[mishap.name], mishap.after)

        def pair(mishap: Mishap) -> Fault:
            one, other = fault(mishap), does.get(mishap.also or "", Fault())

            def both() -> None:
                for each in (other, one):
                    if each.does is not None:
                        each.does()

            return replace(one, does=both)

        return deque(None if mishap is None else pair(mishap) for mishap in script)

    def _say(self, line: str) -> None:
        if self._unheard is not None:
            raise self._unheard.with_traceback(None)
        self.admin.lines.append(line)

    def _take_away(self) -> None:
        """Do as `git clean -fdx` does, but keep it: the next run has the journal again."""
        folder = self.journal.parent
        if self.taken_away is None and folder.exists() and not self.service.dead:
            self.taken_away = folder.rename(folder.with_name("taken away"))
            self._stopped()

    def _put_back(self, taken: Path) -> None:
        if self.journal.parent.exists():
            shutil.rmtree(self.journal.parent)
        taken.rename(self.journal.parent)

    def _die(self) -> None:
        if self.at_death is None:
            self.at_death = self.journal.read_bytes() if self.journal.exists() else b""
        self.service.dead = True

    def _interrupt(self) -> None:
        self.stop.request("stopped by Ctrl-C")
        self._stopped()

    def _leave(self) -> None:
        assert self._task is not None
        self._task.cancel()

    def _stopped(self) -> None:
        if self.posts_at_stop is None:
            self.posts_at_stop = len(self.posts)

    @property
    def posts(self) -> list[Post]:
        return self.service.posts[self._first_post :]

    @property
    def created(self) -> set[tuple[CustomerId, Qualification]]:
        effects = self.service.effects[self._first_effect :]
        return {(effect.customer_id, effect.qualification) for effect in effects}
