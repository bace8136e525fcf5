"""The real attempt, engine and journal in the model's world, in virtual time.

Each apply is replayed from its beginning; from where one ended, the next is.
"""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.applying.apply_input import ApplyInput, Dependencies
from reconciler.applying.engine import Engine
from reconciler.applying.history import History, read_history
from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE
from reconciler.applying.waits import RetryLimits
from reconciler.model.secret import Secret
from reconciler.model.state import (
    DesiredState,
    LiveState,
)
from tests.fake_partner_center import DAWN
from tests.model.crash_points.choices import KnownFromHere, play_all
from tests.model.crash_points.outside import DECLARED, Lines, Service
from tests.model.crash_points.words import Event, Kind
from tests.model.crash_points.world import SETTLING, Killed, World
from tests.virtual_time import VirtualTimeLoop
from tests.worlds import (
    CONTOSO,
    SKIP,
    TARGET,
    customer,
    live,
)
from tests.worlds import World as Planned

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from datetime import datetime

    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredCustomer
    from tests.model.crash_points.choices import Choices
    from tests.model.crash_points.state import Setting

MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - only for speed
LIMITS: Final = RetryLimits(first_wait=0, largest_wait=0, settling_waits=(SETTLING,))


@cache
def _planned(kind: Kind) -> tuple[DesiredCustomer, Plan]:
    declared, held = DECLARED[kind]
    contoso = customer(declared)
    state = LiveState({CONTOSO: live(*held)})
    return contoso, Planned(DesiredState((contoso,)), state, SKIP).plan


@dataclass(slots=True)
class Exploration:
    """Every way to apply one create again and again, in `folder`, until the bounds are met."""

    folder: Path
    loop: VirtualTimeLoop
    setting: Setting
    limits: RetryLimits = LIMITS
    forgetful: bool = False
    """Nothing of the journal is handed to the next apply: to see what that comes to."""
    plays: int = 0
    _seen: set[Hashable] = field(default_factory=set)
    _waiting: list[tuple[World, bytes, float]] = field(default_factory=list)
    _ahead: float = 0.0
    """How far the loop's clock has gone on since: each world goes on at its own time."""

    @property
    def states(self) -> int:
        return len(self._seen)

    def run(self) -> None:
        """Raises AssertionError, with the story, for what is created twice or not in the model."""
        self._waiting = [(World(self.setting, self._clock, self._noted), b"", self._clock())]
        while self._waiting:
            self.plays += play_all(partial(self._play, *self._waiting.pop()), self._seen)

    @property
    def _path(self) -> Path:
        return self.folder / JOURNAL_FILE

    def _play(self, before: World, journal: bytes, at: float, choices: Choices) -> None:
        self._ahead = self.loop.time() - at
        self._path.write_bytes(journal)
        world = before.starts_anew(choices)
        self._apply(world)
        if Event.TORN in world.story or world.starts > self.setting.kills:
            return
        state = world.state()
        if state not in self._seen:
            self._seen.add(state)
            self._waiting.append((world, self._path.read_bytes(), self._clock()))

    def _apply(self, world: World) -> None:
        history = read_history(self._path, TARGET)
        with Journal(self._path, f"run {world.starts}") as journal:
            journal.started(self._now(), "digest", TARGET)
            lines = Lines(world, journal, self._path)
            self._run(Engine(self._input(history), self._dependencies(world, lines), world.stop))
        if lines.at_death is not None:
            self._path.write_bytes(lines.at_death)
        world.ends(told=lines.ended)

    def _run(self, engine: Engine) -> None:
        try:
            self.loop.run_until_complete(engine.run())
        except BaseExceptionGroup as group:
            if group.subgroup(KnownFromHere) is not None:
                raise KnownFromHere from None
            if group.subgroup(Killed) is None:
                raise

    def _input(self, history: History) -> ApplyInput:
        contoso, plan = _planned(self.setting.kind)
        return ApplyInput(
            plan=plan,
            customers={CONTOSO: contoso},
            policy=SKIP,
            history=History({}, 0, {}) if self.forgetful else history,
            read_code=lambda _step: Secret("GCC-4711"),
        )

    def _dependencies(self, world: World, lines: Lines) -> Dependencies:
        def chance() -> float:
            world.may_stop()
            return 0.0

        return Dependencies(
            service=Service(world),
            journal=lines,
            now=self._now,
            new_request_id=lambda: f"request {world.starts}",
            retry_limits=replace(self.limits, chance=chance),
            concurrency=1,
        )

    def _clock(self) -> float:
        return self.loop.time() - self._ahead

    def _now(self) -> datetime:
        return DAWN + timedelta(seconds=self._clock())

    def _noted(self) -> Hashable:
        history = read_history(self._path, TARGET)
        ids = frozenset(record.request_id for record in history.unsettled.values())
        return ids, history.accepted, frozenset(history.done)


@contextmanager
def in_memory(
    setting: Setting, limits: RetryLimits = LIMITS, *, forgetful: bool = False
) -> Iterator[Exploration]:
    """Explore in a folder in memory, where there is one: every line of a journal is flushed."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        closing(VirtualTimeLoop()) as loop,
    ):
        yield Exploration(Path(folder), loop, setting, limits, forgetful)
