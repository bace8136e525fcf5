"""Apply keeps its promises over every history: faults, kills, restarts, other people's creates.

`HYPOTHESIS_PROFILE=thorough` tries 2,000 histories instead of some.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter, deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.findings import (
    AppOnlyRefused,
    CallRefused,
    OutcomeUnknown,
    ReconcilerError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.journal import JOURNAL_FILE, StepKey, key_of, read_history
from reconciler.operations import ApplyRequest, apply, plan
from reconciler.plan import Outcome
from reconciler.plan_file import save_plan
from reconciler.planner import Scope, make_plan
from reconciler.policy import CREATABLE, Policy, SideCheck
from reconciler.settle import Stop
from reconciler.state import (
    CustomerId,
    DesiredState,
    LiveCustomer,
    LiveQualification,
    LiveState,
    Qualification,
    VettingStatus,
)
from tests.fake_partner_center import (
    RIVALS,
    Admin,
    Became,
    FakePartnerCenter,
    Fault,
    Killed,
    room_for,
    run_in,
)
from tests.worlds import SOE, customer, education, gcc

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.operations import Run
    from reconciler.plan import Step, StepResult
    from reconciler.state import DesiredQualification
    from tests.fake_partner_center import Post

EDUCATION: Final = Qualification.EDUCATION
GCC: Final = Qualification.GCC
DONE: Final = (Outcome.CREATED, Outcome.ALREADY_PRESENT)
CODE: Final = "123456"

THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
EFFORT: Final = settings(
    max_examples=2000 if THOROUGH else 100,
    stateful_step_count=20,
    derandomize=not THOROUGH,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - only for speed
numbers = st.integers(0, 7)
"""A customer, by its number among those there are."""
qualifications = st.sampled_from(sorted(CREATABLE))
entries = st.sampled_from(
    [education(), replace(education(), website="contoso.edu"), gcc(), SOE],
)
manifests = st.sampled_from(
    [(education(),), (education(), SOE), (gcc(),), (gcc(), SOE), (SOE,), (education(), gcc())]
)

DEFINITE: Final[dict[str, Exception]] = {
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
EVENTS: Final = ("killed", "Ctrl-C", "left at once", "foreign create")


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls one call: before its effect, or `after` it where that makes sense."""

    name: str
    after: bool


@dataclass(frozen=True, slots=True)
class Weather:
    """The mishaps of one run, a script for each kind of call. `room` bounds the journal's lines."""

    reads: list[Mishap | None]
    checks: list[Mishap | None]
    creates: list[Mishap | None]
    room: int | None
    concurrency: int


def script(most: int, *, fair: int = 1) -> st.SearchStrategy[list[Mishap | None]]:
    """Write a script in which `fair` calls go well for each that doesn't."""
    names = [*DEFINITE, *DOUBTFUL, *EVENTS, "lost", "killed"]
    mishaps = st.builds(Mishap, st.sampled_from(names), st.booleans())
    return st.lists(st.one_of(*[st.none()] * fair, mishaps), max_size=most)


weathers = st.builds(
    Weather,
    reads=st.one_of(st.just([]), script(12, fair=4)),
    checks=st.one_of(st.just([]), st.just([]), script(2, fair=2)),
    creates=script(8),
    room=st.one_of(*[st.none()] * 4, st.integers(200, 1800)),
    concurrency=st.integers(1, 3),
)
CALM: Final = Weather([], [], [], None, 2)


class Process:
    """One apply, as a process: what it was told, what it did, how it ended."""

    def __init__(self, service: FakePartnerCenter, journal: Path) -> None:
        self.service = service
        self.journal = journal
        self.admin = Admin()
        self.stop = Stop()
        self.task: asyncio.Task[int] | None = None
        self.code: int | None = None
        self.error: BaseException | None = None
        self.at_death: bytes | None = None
        self.first_post = len(service.posts)
        self.first_effect = len(service.effects)

    def run(self, request: ApplyRequest, run: Run) -> None:
        try:
            self.code = asyncio.run(self._run(request, run))
        except (ReconcilerError, ExceptionGroup, ZeroDivisionError) as error:
            self.error = error
        except (Killed, BaseExceptionGroup, asyncio.CancelledError) as error:
            self.error = error
        self.service.dead = False
        if self.at_death is not None:
            self.journal.parent.mkdir(exist_ok=True)
            self.journal.write_bytes(self.at_death)

    async def _run(self, request: ApplyRequest, run: Run) -> int:
        self.task = asyncio.create_task(apply(request, run, self.stop, self.admin))
        return await self.task

    def die(self) -> None:
        """Die here: what the journal has now is what the next process finds."""
        if self.at_death is None:
            self.at_death = self.journal.read_bytes() if self.journal.exists() else b""
        self.service.dead = True

    def leave(self) -> None:
        assert self.task is not None
        self.task.cancel()

    @property
    def posts(self) -> list[Post]:
        return self.service.posts[self.first_post :]

    @property
    def created(self) -> set[tuple[CustomerId, Qualification]]:
        effects = self.service.effects[self.first_effect :]
        return {(effect.customer_id, effect.qualification) for effect in effects}


class ApplyMachine(RuleBasedStateMachine):
    """Manifests, a service and a working folder, and whoever meddles with them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.root = Path(self.folder.name)
        self.saved = self.root / "plan.json"
        self.journal = self.root / ".reconciler" / JOURNAL_FILE
        self.service = FakePartnerCenter(codes={CODE: 1000})
        self.policy = Policy(max_creates=1000, customer_agreement=SideCheck.SKIP)
        self.declared: dict[CustomerId, dict[Qualification, DesiredQualification]] = {}

    @initialize(
        idempotent=st.booleans(),
        lag=st.sampled_from([0, 1, 3, 7]),
        check=st.sampled_from(SideCheck),
        manifest=manifests,
    )
    def begin(
        self,
        lag: int,
        check: SideCheck,
        manifest: tuple[DesiredQualification, ...],
        *,
        idempotent: bool,
    ) -> None:
        """Without idempotency the reads catch up within the settling time: the promise's terms."""
        self.onboard(manifest)
        self.service.idempotent = idempotent
        self.service.lag = lag if idempotent else min(lag, 3)
        self.policy = replace(self.policy, account_status=check)

    def customer(self, number: int) -> CustomerId:
        return sorted(self.declared)[number % len(self.declared)]

    @rule(manifest=manifests)
    def onboard(self, manifest: tuple[DesiredQualification, ...]) -> None:
        customer_id = CustomerId(f"customer-{len(self.declared):02}")
        self.declared[customer_id] = {entry.qualification: entry for entry in manifest}
        self.service.put(customer_id)

    @rule(number=numbers, entry=entries)
    def declare(self, number: int, entry: DesiredQualification) -> None:
        self.declared[self.customer(number)][entry.qualification] = entry

    @rule(number=numbers, qualification=qualifications)
    def undeclare(self, number: int, qualification: Qualification) -> None:
        self.declared[self.customer(number)].pop(qualification, None)

    @rule(permit=st.sets(qualifications, min_size=2))
    def permit(self, permit: set[Qualification]) -> None:
        self.policy = replace(self.policy, permit=frozenset(permit))

    @rule(number=numbers, status=st.sampled_from(VettingStatus))
    def vet(self, number: int, status: VettingStatus) -> None:
        customer_id = self.customer(number)
        if EDUCATION in self.service.entries[customer_id]:
            self.service.vet(customer_id, EDUCATION, status)

    @rule()
    def approve_resubmissions(self) -> None:
        """Name every denial there is now."""
        for customer_id, manifest in self.declared.items():
            live = self.service.held(customer_id, EDUCATION)
            if live is not None and live.denied:
                manifest[EDUCATION] = education(resubmit=live.vetting_created)

    @rule(number=numbers, qualification=qualifications)
    def somebody_creates(self, number: int, qualification: Qualification) -> None:
        customer_id = self.customer(number)
        held = [q for q in CREATABLE if self._holds(customer_id, q)]
        if qualification in held or RIVALS.get(qualification) in held:
            return
        live = LiveQualification(qualification.value)
        if qualification is EDUCATION:
            status = VettingStatus.IN_REVIEW.value
            live = replace(live, vetting_status=status, vetting_created=self.service.now())
        self.service.put(customer_id, live)

    @rule()
    def save_plan(self) -> None:
        run = self._run(Admin(), 2)
        save_plan(self.saved, asyncio.run(plan(self.desired, Scope(), run)))

    @rule(weather=weathers, choice=st.tuples(numbers, qualifications))
    def plan_and_apply(self, weather: Weather, choice: tuple[int, Qualification]) -> None:
        self.save_plan()
        self.apply(weather, choice, saved=True)

    @rule(weathers=st.lists(weathers, min_size=1, max_size=3), saved=st.booleans())
    def apply_again_and_again(self, weathers: list[Weather], *, saved: bool) -> None:
        for weather in weathers:
            self.apply(weather, (0, EDUCATION), saved=saved)

    @rule(saved=st.booleans(), weather=weathers, choice=st.tuples(numbers, qualifications))
    def apply(self, weather: Weather, choice: tuple[int, Qualification], *, saved: bool) -> None:
        open_before = self._open()
        process = Process(self.service, self.journal)
        script = self._scripted(process, lambda: self.somebody_creates(*choice))
        self.service.reads = deque(script(each) for each in weather.reads)
        self.service.checks = deque(script(each) for each in weather.checks)
        self.service.creates = deque(script(each) for each in weather.creates)
        self._start(process, weather, saved=saved and self.saved.exists())
        self.service.reads.clear()
        self.service.checks.clear()
        self.service.creates.clear()
        self._only_what_is_declared(process)
        if process.at_death is None:
            self._reported_truly(process, open_before)

    def _start(self, process: Process, weather: Weather, *, saved: bool) -> None:
        request = ApplyRequest(self.desired, Scope(), self.saved if saved else None)
        run = self._run(process.admin, weather.concurrency)
        size = self.journal.stat().st_size if self.journal.exists() else 0
        if weather.room is None:
            process.run(request, run)
            return
        with room_for(size + weather.room):
            process.run(request, run)

    def _scripted(
        self, process: Process, meddle: Callable[[], None]
    ) -> Callable[[Mishap | None], Fault | None]:
        does = {
            "killed": Fault(Killed(), does=process.die),
            "Ctrl-C": Fault(does=lambda: process.stop.raise_flag("stopped by Ctrl-C")),
            "left at once": Fault(does=process.leave),
            "foreign create": Fault(does=meddle),
        }

        def fault(mishap: Mishap | None) -> Fault | None:
            if mishap is None:
                return None
            if mishap.name in does:
                return replace(does[mishap.name], after=mishap.after)
            if mishap.name in DEFINITE:
                return Fault(DEFINITE[mishap.name])
            return Fault(DOUBTFUL[mishap.name], after=mishap.after)

        return fault

    @property
    def desired(self) -> DesiredState:
        return DesiredState(
            tuple(
                customer(*entries.values(), customer_id=customer_id, name=customer_id)
                for customer_id, entries in self.declared.items()
            )
        )

    def _run(self, admin: Admin, concurrency: int) -> Run:
        return run_in(self.root, self.service, self.policy, admin, concurrency)

    def _holds(self, customer_id: CustomerId, qualification: str) -> bool:
        live = self.service.held(customer_id, qualification)
        return live is not None and live.held

    def _open(self) -> set[StepKey]:
        """What the journal says may have happened; reading it is a claim: it is never torn."""
        history = read_history(self.journal, self._run(Admin(), 1).configuration.target)
        return {*history.unsettled, *history.done}

    def _only_what_is_declared(self, process: Process) -> None:
        """Promises 1 and 2, SOE never before GCC, and effort that is bounded."""
        for post in process.posts:
            assert post.qualification in self.policy.permit
            entry = self.declared[post.customer_id][post.qualification]
            assert post.create.education_segment == entry.education_segment
            assert post.create.website == entry.website
            assert post.code == (CODE if post.qualification is GCC else None)
            assert post.over in (None, entry.resubmit_denial_of)
            if post.qualification is Qualification.SOE and GCC in self.declared[post.customer_id]:
                assert GCC in post.met
        sent = Counter((post.customer_id, post.qualification) for post in process.posts)
        assert not sent or max(sent.values()) <= 8

    def _reported_truly(self, process: Process, open_before: set[StepKey]) -> None:
        """One report where a plan was shown, one result to a step, and each is so."""
        admin = process.admin
        assert len(admin.reports) == len(admin.shown)
        assert process.code is not None or process.error is not None
        for document, report in zip(admin.shown, admin.reports, strict=True):
            steps = document.plan.steps
            assert [(each.customer_id, each.qualification) for each in report.results] == [
                (step.customer_id, step.qualification) for step in steps
            ]
            for step, result in zip(steps, report.results, strict=True):
                self._true(process, step, result, open_before)
            if process.code in (0, 3):
                assert all(result.outcome in DONE for result in report.results)
            assert CODE not in str(report)

    def _true(
        self, process: Process, step: Step, result: StepResult, open_before: set[StepKey]
    ) -> None:
        key = (step.customer_id, step.qualification)
        posts = [post for post in process.posts if (post.customer_id, post.qualification) == key]
        match result.outcome:
            case Outcome.CREATED | Outcome.ALREADY_PRESENT:
                assert self._holds(*key)
            case Outcome.REJECTED | Outcome.NOT_ATTEMPTED:
                assert key not in process.created
            case Outcome.UNKNOWN:
                doubt = any(post.became is not Became.ANSWERED for post in posts)
                assert doubt or key_of(step) in open_before
        assert {post.request_id for post in posts} <= {result.request_id}

    @invariant()
    def nothing_is_created_twice(self) -> None:
        """Neither on top of what is held, nor twice over one denial."""
        effects = self.service.effects
        assert not [effect for effect in effects if effect.again]
        over = Counter((each.customer_id, each.qualification, each.over) for each in effects)
        assert not over or max(over.values()) == 1

    @invariant()
    def a_doubtful_create_keeps_its_request_id(self) -> None:
        """Until it is answered; and GCC is never sent again."""
        doubtful: dict[tuple[object, ...], str] = {}
        for post in self.service.posts:
            key = (post.customer_id, post.qualification, post.over)
            if key in doubtful:
                assert post.request_id == doubtful[key]
                assert post.qualification is not GCC
            if post.became is Became.DOUBT:
                doubtful[key] = post.request_id
            elif post.became is Became.ANSWERED:
                doubtful.pop(key, None)

    @invariant()
    def the_journal_has_no_code(self) -> None:
        if self.journal.exists():
            assert CODE.encode() not in self.journal.read_bytes()

    def teardown(self) -> None:
        """When the faults cease nothing is lost: all is created, but GCC that may have been."""
        with self.folder:
            for _ in range(6):
                self.apply(CALM, (0, EDUCATION), saved=False)
            self.nothing_is_created_twice()
            self.a_doubtful_create_keeps_its_request_id()
            for customer_id, left in self._left().items():
                posts = [post for post in self.service.posts if post.customer_id == customer_id]
                assert left[0] is GCC
                assert GCC in {post.qualification for post in posts}

    def _left(self) -> dict[CustomerId, list[Qualification]]:
        """The steps of a plan made on what is really so."""
        live = {
            customer_id: LiveCustomer(tuple(entry.live for entry in entries.values()))
            for customer_id, entries in self.service.entries.items()
        }
        target = self._run(Admin(), 1).configuration.target
        left: dict[CustomerId, list[Qualification]] = {}
        for step in make_plan(self.desired, LiveState(live), self.policy, target).steps:
            left.setdefault(step.customer_id, []).append(step.qualification)
        return left


ApplyMachine.TestCase.settings = EFFORT
TestApply = pytest.mark.timeout(7200 if THOROUGH else 300)(ApplyMachine.TestCase)
