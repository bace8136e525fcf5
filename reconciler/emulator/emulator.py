"""One running offline Partner Center: service, store, faults and counts together. No sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from reconciler.emulator.answers import coded
from reconciler.emulator.fault_effects import Broken, Lags, is_done_first, spoil
from reconciler.emulator.fault_script import FaultContext, FaultPlan, FaultScript
from reconciler.emulator.faults import FaultDocument, read_faults
from reconciler.emulator.reads import Live
from reconciler.emulator.request_log import Observed, describe
from reconciler.emulator.routing import Call, find_endpoint
from reconciler.emulator.seed import read_seed
from reconciler.emulator.service import echoed, respond
from reconciler.emulator.store import open_store
from reconciler.emulator.vetting import Verdict, vet
from reconciler.emulator.world import Answer, Changes, World, qualifications_of
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.emulator.routing import Request
    from reconciler.emulator.store import FileStore, MemoryStore


def _now() -> datetime:
    return datetime.now(UTC)


def open_emulator(
    seed: Mapping[str, object],
    seed_path: Path,
    state_dir: Path | None,
    faults: Mapping[str, object] | None = None,
) -> Emulator:
    """Open a seed with what was changed over it in `state_dir`, or in memory without one.

    Raise ConfigurationError where the seed, the faults or the kept state can't be read.
    """
    world = read_seed(seed, f"the emulator's seed {seed_path}")
    document = read_faults(faults) if faults is not None else FaultDocument()
    store = open_store(seed_path, state_dir)
    store.read()
    return Emulator(world, store, FaultScript(document))


@dataclass(frozen=True, slots=True)
class Emulator:
    """Answers requests as Partner Center would, as far as the faults let it."""

    world: World
    store: MemoryStore | FileStore
    faults: FaultScript = field(default_factory=FaultScript)
    clock: Callable[[], datetime] = _now
    _lags: Lags = field(default_factory=Lags)
    _observed: Observed = field(default_factory=Observed)

    def state(self) -> dict[str, object]:
        """Tell what is held, what took effect, what was received and which faults struck."""
        told = describe(Live(self.world, self.store.read()), self._observed)
        return told | {"faults": self.faults.injected()}

    def vet(self, verdict: Verdict) -> None:
        """Put a vetting decision. Raise ConfigurationError where there is nothing to vet."""
        self.store.update(lambda changes: (None, vet(self.world, changes, verdict, self.clock())))

    def reset(self) -> None:
        """Go back to the seed; counts and faults begin anew."""
        self.store.reset()
        self._lags.catch_up()
        self._observed.forget()
        self.faults.restart()

    async def answer(self, request: Request) -> Answer | Broken:
        """Answer as the service does, or as the faults that this call meets make of it."""
        endpoint = find_endpoint(request.path)
        call = endpoint.methods.get(request.method) if endpoint is not None else None
        if endpoint is None or call is None:
            return respond(Live(self.world, Changes()), request, self.clock())[0]
        self._observed.note(call, endpoint.customer_id, request)
        meeting = FaultContext(call, request.method, endpoint.customer_id, request.token)
        strike = self.faults.meet(meeting)
        await asyncio.sleep(strike.wait_before)
        given = self._serve(meeting, request, strike)
        await asyncio.sleep(strike.wait_after)
        return given if strike.ending is None else spoil(strike.ending, given)

    def _serve(self, meeting: FaultContext, request: Request, strike: FaultPlan) -> Answer:
        """Let the service do what is asked, unless the call ends before that."""
        if strike.ending is not None and not is_done_first(strike.ending):
            return Answer(HTTPStatus.OK, "", headers=echoed(request))
        try:
            if meeting.call is Call.CREATE_QUALIFICATION:
                return self._create(meeting.customer_id or "", request, strike)
            return respond(Live(self.world, self._seen(meeting)), request, self.clock())[0]
        except ConfigurationError as failed:
            told = f"{failed.message}: {failed.remedy}"
            return coded(HTTPStatus.INTERNAL_SERVER_ERROR, "EmulatorState", told)

    def _seen(self, meeting: FaultContext) -> Changes:
        changes = self.store.read()
        if meeting.call is not Call.READ_QUALIFICATIONS:
            return changes
        return self._lags.seen_by_read(meeting.customer_id or "", changes)

    def _create(self, customer_id: str, request: Request, strike: FaultPlan) -> Answer:
        def change(changes: Changes) -> tuple[Answer, Changes]:
            live = Live(self.world, changes)
            given, changed = respond(live, request, self.clock(), strike.rules)
            if strike.lagging_reads and len(changed.creations) > len(changes.creations):
                before = qualifications_of(self.world, changes, customer_id)
                self._lags.fall_behind(customer_id, before, strike.lagging_reads)
            return given, changed

        return self.store.update(change)
