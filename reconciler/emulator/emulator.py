"""One running offline Partner Center: service, store, faults and counts together. No sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from reconciler.emulator.fault_effects import Broken, Lags, acts_first, faulty_answer
from reconciler.emulator.fault_script import FaultContext, FaultPlan, FaultScript
from reconciler.emulator.faults import FaultDocument, read_faults
from reconciler.emulator.request_log import RequestLog, describe
from reconciler.emulator.responses import coded_error
from reconciler.emulator.routing import CallName, find_endpoint
from reconciler.emulator.seed import read_seed
from reconciler.emulator.service import echoed, respond
from reconciler.emulator.store import open_store
from reconciler.emulator.vetting import VettingRequest, vet
from reconciler.emulator.world import UNCHANGED, Live, Response, World, qualifications_of
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from reconciler.emulator.routing import Request
    from reconciler.emulator.store import FileStore, MemoryStore
    from reconciler.emulator.world import Changes


def _now() -> datetime:
    return datetime.now(UTC)


def open_emulator(
    seed: Mapping[str, object],
    seed_path: Path,
    state_dir: Path | None,
    faults: Mapping[str, object] | None = None,
    write_log: Callable[[str], None] | None = None,
) -> Emulator:
    """Open a seed with what was changed over it in `state_dir`, or in memory without one.

    `write_log` gets a line of JSON for each request.

    Raise ConfigurationError where the seed, the faults or the kept state can't be read.
    """
    world = read_seed(seed, f"the emulator's seed {seed_path}")
    document = read_faults(faults) if faults is not None else FaultDocument()
    store = open_store(seed_path, state_dir)
    store.read()
    return Emulator(world, store, FaultScript(document), log=RequestLog(write_log))


@dataclass(frozen=True, slots=True)
class Emulator:
    """Answers requests as Partner Center would, as far as the faults let it."""

    world: World
    store: MemoryStore | FileStore
    faults: FaultScript = field(default_factory=FaultScript)
    clock: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _lags: Lags = field(default_factory=Lags)
    log: RequestLog = field(default_factory=RequestLog)

    def state(self) -> dict[str, object]:
        """What is held, what took effect, what was received and which faults fired."""
        state = describe(Live(self.world, self.store.read()), self.log)
        return state | {"faults": self.faults.injected()}

    def vet(self, request: VettingRequest) -> None:
        """Put a vetting decision. Raise ConfigurationError where there is nothing to vet."""
        self.store.update(lambda changes: (None, vet(self.world, changes, request, self.clock())))

    def reset(self) -> None:
        """Go back to the seed; counts and faults begin anew."""
        self.store.reset()
        self._lags.catch_up()
        self.log.forget()
        self.faults.restart()

    async def respond(self, request: Request) -> Response | Broken:
        """Answer as the service does, or as the faults make of it."""
        given = await self._respond(request)
        status = int(given.status) if isinstance(given, Response) else None
        self.log.note_answer(self.clock(), request, status)
        return given

    async def _respond(self, request: Request) -> Response | Broken:
        endpoint = find_endpoint(request.path)
        call = endpoint.methods.get(request.method) if endpoint is not None else None
        if endpoint is None or call is None:
            return respond(Live(self.world, UNCHANGED), request, self.clock())[0]
        self.log.note(call, endpoint.customer_id, request)
        at = self.clock().timestamp()
        context = FaultContext(call, request.method, endpoint.customer_id, request.token, at)
        plan = self.faults.plan_for(context)
        if plan.wait_before:
            await self.sleep(plan.wait_before)
        given = self._serve(context, request, plan)
        if plan.wait_after:
            await self.sleep(plan.wait_after)
        return given if plan.ending is None else faulty_answer(plan.ending, given)

    def _serve(self, context: FaultContext, request: Request, plan: FaultPlan) -> Response:
        """Let the service do what is asked, unless the call ends before that."""
        if plan.ending is not None and not acts_first(plan.ending):
            return Response(HTTPStatus.OK, "", headers=echoed(request))
        try:
            if context.call is CallName.CREATE_QUALIFICATION:
                return self._create(context, request, plan)
            return respond(Live(self.world, self._seen(context)), request, self.clock())[0]
        except ConfigurationError as failed:
            why = f"{failed.message}: {failed.remedy}"
            return coded_error(HTTPStatus.INTERNAL_SERVER_ERROR, "EmulatorState", why)

    def _seen(self, context: FaultContext) -> Changes:
        changes = self.store.read()
        if context.call is not CallName.READ_QUALIFICATIONS:
            return changes
        return self._lags.seen_by_read(context.customer_id or "", changes, context.at)

    def _create(self, context: FaultContext, request: Request, plan: FaultPlan) -> Response:
        customer_id = context.customer_id or ""

        def change(changes: Changes) -> tuple[Response, Changes]:
            live = Live(self.world, changes)
            given, changed = respond(live, request, self.clock(), plan.rules)
            if plan.lag and len(changed.audit_records) > len(changes.audit_records):
                before = qualifications_of(self.world, changes, customer_id)
                self._lags.fall_behind(customer_id, before, plan.lag, self.clock().timestamp())
            return given, changed

        return self.store.update(change)
