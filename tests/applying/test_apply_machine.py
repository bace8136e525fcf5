"""Apply keeps its promises over every history: faults, kills, restarts, other people's creates.

`HYPOTHESIS_PROFILE=thorough` tries 2,000 histories instead of some.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.applying.history import read_history
from reconciler.applying.lock import JOURNAL_FILE
from reconciler.documents.plan_file import save_plan
from reconciler.model.plan import Outcome, PlanOptions, Scope
from reconciler.model.policy import CREATABLE, Policy, SideCheck
from reconciler.model.state import (
    CustomerId,
    DesiredState,
    LiveCustomer,
    LiveQualification,
    LiveState,
    Qualification,
    VettingStatus,
)
from reconciler.operations.apply import ApplyRequest
from reconciler.operations.plan import plan
from reconciler.planning.planner import make_plan
from reconciler.planning.staleness import find_drift
from tests.apply_process import CALM, WEATHERS, Process
from tests.fake_partner_center import RIVALS, Admin, Became, FakePartnerCenter, run_in
from tests.worlds import SOE, TODAY, customer, education, gcc

if TYPE_CHECKING:
    from reconciler.applying.history import History
    from reconciler.model.plan import ApplyReport, Plan, Step, StepKey, StepResult
    from reconciler.model.state import DesiredQualification
    from reconciler.operations.run import Run
    from tests.apply_process import Weather

Key = tuple[CustomerId, Qualification]
Manifest = tuple["DesiredQualification", ...]

EDUCATION: Final = Qualification.EDUCATION
GCC: Final = Qualification.GCC
DONE: Final = (Outcome.CREATED, Outcome.ALREADY_PRESENT)
CODE: Final = "GCC-4711"
"""No request id has this in it."""
BLOCKED: Final = "UnderReview"

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

SPELLINGS: Final = (
    "http://127.0.0.1:8085",
    "http://localhost:8085",
    "http://127.0.0.1:8085/v1",
    "HTTP://LOCALHOST:8085/V1/",
)

CHANGES: Final = ("nothing", "declared", "undeclared", "created", "denied", "blocked")
"""What may happen to a customer between plan and apply."""

numbers = st.integers(0, 7)
"""A customer, by its number among those there are."""
qualifications = st.sampled_from(sorted(CREATABLE))
entries = st.sampled_from(
    [education(), replace(education(), website="contoso.edu"), gcc(), SOE],
)
manifests = st.sampled_from(
    [(education(),), (education(), SOE), (gcc(),), (gcc(), SOE), (SOE,), (education(), gcc())]
)
newcomers = st.lists(manifests, min_size=1, max_size=3)


class ApplyMachine(RuleBasedStateMachine):
    """Manifests, a service and a working folder, and whoever meddles with them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.root = Path(self.folder.name)
        self.file = self.root / "plan.json"
        self.saved: Plan | None = None
        self.journal = self.root / ".reconciler" / JOURNAL_FILE
        self.service = FakePartnerCenter(codes={CODE: 1000})
        self.policy = Policy(max_creates=1000, customer_agreement=SideCheck.SKIP)
        self.endpoint = SPELLINGS[0]
        self.declared: dict[CustomerId, dict[Qualification, DesiredQualification]] = {}
        self.due: set[Key] = set()
        """What a plan made on what is really so would create, before or during a run."""

    @initialize(
        idempotent=st.booleans(),
        lag=st.sampled_from([0, 1, 3, 7]),
        check=st.sampled_from(SideCheck),
        manifest=manifests,
        more=newcomers,
    )
    def begin(
        self,
        lag: int,
        check: SideCheck,
        manifest: Manifest,
        more: list[Manifest],
        *,
        idempotent: bool,
    ) -> None:
        """Without idempotency the reads catch up within the settling time: the promise's terms."""
        self.onboard_all([manifest, *more])
        self.service.idempotent = idempotent
        self.service.lag = lag if idempotent else min(lag, 3)
        self.policy = replace(self.policy, account_status=check)

    @rule(newcomers=newcomers)
    def onboard_all(self, newcomers: list[Manifest]) -> None:
        for manifest in newcomers:
            customer_id = CustomerId(f"customer-{len(self.declared):02}")
            self.declared[customer_id] = {entry.qualification: entry for entry in manifest}
            self.service.put(customer_id)

    @rule(number=numbers, entry=entries)
    def declare(self, number: int, entry: DesiredQualification) -> None:
        self.declared[self._customer(number)][entry.qualification] = entry

    @rule(number=numbers, qualification=qualifications)
    def undeclare(self, number: int, qualification: Qualification) -> None:
        self.declared[self._customer(number)].pop(qualification, None)

    @rule(permit=st.sets(qualifications, min_size=2))
    def permit(self, permit: set[Qualification]) -> None:
        self.policy = replace(self.policy, permit=frozenset(permit))

    @rule(endpoint=st.sampled_from(SPELLINGS))
    def respell(self, endpoint: str) -> None:
        """Spell the service's address in another way; a plan is for one spelling, and made anew."""
        self.endpoint = endpoint
        if self.saved is not None:
            self.save_plan()

    @rule(number=numbers, status=st.sampled_from(["Allowed", BLOCKED]))
    def review_account(self, number: int, status: str) -> None:
        self.service.statuses[self._customer(number)] = status

    @rule(number=numbers, status=st.sampled_from(VettingStatus))
    def vet(self, number: int, status: VettingStatus) -> None:
        customer_id = self._customer(number)
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
        customer_id = self._customer(number)
        held = [each for each in CREATABLE if self._holds(customer_id, each)]
        if qualification in held or RIVALS.get(qualification) in held:
            return
        live = LiveQualification(qualification.value)
        if qualification is EDUCATION:
            status = VettingStatus.IN_REVIEW.value
            live = replace(live, vetting_status=status, vetting_created=self.service.now())
        self.service.put(customer_id, live)
        self.due |= {(step.customer_id, step.qualification) for step in self._true_plan().steps}

    @rule()
    def save_plan(self) -> None:
        document = asyncio.run(plan(self._desired, Scope(), self._run(Admin(), 2)))
        save_plan(self.file, document)
        self.saved = document.plan

    @rule(
        weather=WEATHERS,
        number=numbers,
        entry=entries,
        change=st.sampled_from(CHANGES),
        newcomers=newcomers,
    )
    def apply_an_outdated_plan(
        self,
        weather: Weather,
        number: int,
        entry: DesiredQualification,
        change: str,
        newcomers: list[Manifest],
    ) -> None:
        self.onboard_all(newcomers)
        self.save_plan()
        match change:
            case "declared":
                self.declare(number, entry)
            case "undeclared":
                self.undeclare(number, entry.qualification)
            case "created":
                self.somebody_creates(number, entry.qualification)
            case "denied":
                self.vet(number, VettingStatus.DENIED)
            case "blocked":
                self.review_account(number, BLOCKED)
        self.apply(weather, number, entry.qualification, saved=True)

    @rule(
        weathers=st.lists(WEATHERS, min_size=1, max_size=3),
        saved=st.booleans(),
        newcomers=newcomers,
    )
    def apply_again_and_again(
        self, weathers: list[Weather], newcomers: list[Manifest], *, saved: bool
    ) -> None:
        """Begin with something to create: what was due before is mostly done by now."""
        self.onboard_all(newcomers)
        for weather in weathers:
            self.apply(weather, 0, EDUCATION, saved=saved)

    @rule(saved=st.booleans(), weather=WEATHERS, number=numbers, qualification=qualifications)
    def apply(
        self, weather: Weather, number: int, qualification: Qualification, *, saved: bool
    ) -> None:
        """Apply in this weather; in a run that meddles, somebody creates what is drawn."""
        self.due = {(step.customer_id, step.qualification) for step in self._true_plan().steps}
        barred = self._blocked() | (self._moved() if saved else set())
        before = self._history()
        process = Process(self.service, self.journal)
        request = ApplyRequest(self._desired, Scope(), self.file if saved and self.saved else None)
        run = self._run(process.admin, weather.concurrency)
        process.run(request, run, weather, lambda: self.somebody_creates(number, qualification))
        self._sent_only_what_is_due(process, barred)
        self._what_was_taken_is_not_sent_again(process, before)
        if process.at_death is None:
            self._reported_truly(process, {*before.unsettled, *before.done})

    def _customer(self, number: int) -> CustomerId:
        return sorted(self.declared)[number % len(self.declared)]

    @property
    def _desired(self) -> DesiredState:
        return DesiredState(
            tuple(
                customer(*manifest.values(), customer_id=customer_id, name=customer_id)
                for customer_id, manifest in self.declared.items()
            )
        )

    def _run(self, admin: Admin, concurrency: int) -> Run:
        return run_in(self.root, self.service, self.policy, admin, concurrency, self.endpoint)

    def _history(self) -> History:
        """Read the journal; that it can be read is a claim: no end leaves it torn."""
        return read_history(self.journal, self._run(Admin(), 1).configuration.target)

    def _holds(self, customer_id: CustomerId, qualification: str) -> bool:
        live = self.service.held(customer_id, qualification)
        return live is not None and live.held

    def _live(self, customer_id: CustomerId) -> LiveCustomer:
        """Tell what is really so, however reads may lag."""
        return LiveCustomer(tuple(e.live for e in self.service.entries[customer_id].values()))

    def _true_plan(self) -> Plan:
        live = LiveState({customer_id: self._live(customer_id) for customer_id in self.declared})
        target = self._run(Admin(), 1).configuration.target
        return make_plan(self._desired, live, PlanOptions(self.policy, target, TODAY))

    def _blocked(self) -> set[CustomerId]:
        if self.policy.account_status is not SideCheck.BLOCK:
            return set()
        return {each for each, status in self.service.statuses.items() if status == BLOCKED}

    def _moved(self) -> set[CustomerId]:
        """Find who is no longer as the saved plan was decided on, and can be seen not to be."""
        if self.saved is None:
            return set()
        steps: dict[CustomerId, list[Step]] = defaultdict(list)
        for step in self.saved.steps:
            steps[step.customer_id].append(step)
        return {
            customer_id
            for customer_id, own in steps.items()
            if find_drift(self.saved.basis[customer_id], own, self._live(customer_id))
            and not any(entry.hidden for entry in self.service.entries[customer_id].values())
        }

    def _sent_only_what_is_due(self, process: Process, barred: set[CustomerId]) -> None:
        """What manifests and policy want now, on what is so now; little of it, and none in vain."""
        known = {effect.request_id for effect in self.service.effects}
        for post in process.posts:
            assert post.customer_id not in barred
            assert post.qualification in self.policy.permit
            entry = self.declared[post.customer_id][post.qualification]
            assert post.create.education_segment == entry.education_segment
            assert post.create.website == entry.website
            assert post.code == (CODE if post.qualification is GCC else None)
            assert post.over in (None, entry.resubmit_denial_of)
            key = (post.customer_id, post.qualification)
            # Reads that lag beyond the settling time may hide a create even from a patient eye.
            assert key in self.due or post.request_id in known or self.service.lag > 3
            if post.qualification is Qualification.SOE and GCC in self.declared[post.customer_id]:
                assert GCC in post.met
        sent = Counter((post.customer_id, post.qualification) for post in process.posts)
        assert not sent or max(sent.values()) <= 8
        assert process.posts_at_stop is None or len(process.posts) <= process.posts_at_stop

    def _what_was_taken_is_not_sent_again(self, process: Process, before: History) -> None:
        """What got a 2xx is on record, unless nothing could be written any more."""
        assert not before.accepted & {post.request_id for post in process.posts}
        if process.could_write:
            taken = {post.request_id for post in process.posts if post.taken}
            history = self._history()
            unsettled = {record.request_id for record in history.unsettled.values()}
            assert taken & unsettled <= history.accepted

    def _reported_truly(self, process: Process, open_before: set[StepKey]) -> None:
        """One report where a plan was shown, one result to a step, and each is so."""
        admin = process.admin
        assert len(admin.reports) == len(admin.shown)
        assert process.code is not None or process.error is not None
        for document, report in zip(admin.shown, admin.reports, strict=True):
            steps = document.plan.steps
            told = [(result.customer_id, result.qualification) for result in report.results]
            assert told == [(step.customer_id, step.qualification) for step in steps]
            for step, result in zip(steps, report.results, strict=True):
                self._told_truly(process, step, result, is_open=step.key in open_before)
            self._in_order(report)
            if process.code in (0, 3):
                assert all(result.outcome in DONE for result in report.results)
            assert CODE not in str(report)

    def _told_truly(
        self, process: Process, step: Step, result: StepResult, *, is_open: bool
    ) -> None:
        key = (result.customer_id, result.qualification)
        posts = [post for post in process.posts if (post.customer_id, post.qualification) == key]
        match result.outcome:
            case Outcome.CREATED | Outcome.ALREADY_PRESENT:
                assert self._holds(*key) or self._denied_again(step)
            case Outcome.REJECTED | Outcome.NOT_ATTEMPTED:
                assert key not in process.created
            case Outcome.UNKNOWN:
                in_doubt = any(post.became is not Became.ANSWERED for post in posts)
                # Left between its line and its POST it is in doubt for whoever reads the journal.
                assert is_open or in_doubt or step.key in self._history().unsettled
        assert {post.request_id for post in posts} <= {result.request_id}

    def _denied_again(self, step: Step) -> bool:
        """A resubmission is done by any later vetting: a denial, too."""
        live = self.service.held(step.customer_id, step.qualification)
        denial = step.resubmit_denial_of
        if live is None or live.vetting_created is None or denial is None:
            return False
        return live.vetting_created > denial

    def _in_order(self, report: ApplyReport) -> None:
        """After a step that isn't done, its customer's rest is not attempted."""
        failed: set[CustomerId] = set()
        for result in report.results:
            if result.customer_id in failed:
                assert result.outcome is Outcome.NOT_ATTEMPTED
            if result.outcome not in DONE:
                failed.add(result.customer_id)

    @invariant()
    def nothing_is_created_twice(self) -> None:
        """Neither on top of what is held, nor twice over one denial."""
        effects = self.service.effects
        assert not [effect for effect in effects if effect.again]
        over = Counter((each.customer_id, each.qualification, each.over) for each in effects)
        assert not over or max(over.values()) == 1

    @invariant()
    def a_doubtful_create_keeps_its_request_id(self) -> None:
        """Until it is answered; and neither GCC nor a resubmission is ever sent again."""
        doubtful: dict[tuple[object, ...], str] = {}
        for post in self.service.posts:
            key = (post.customer_id, post.qualification, post.over)
            if key in doubtful:
                assert post.request_id == doubtful[key]
                assert post.qualification is not GCC
                assert post.over is None
            if post.became is Became.DOUBT:
                doubtful[key] = post.request_id
            elif post.became is Became.ANSWERED:
                doubtful.pop(key, None)

    @invariant()
    def every_post_was_preceded_by_a_read_in_its_turn(self) -> None:
        assert all(post.read_in_turn for post in self.service.posts)

    @invariant()
    def a_request_id_is_of_one_create(self) -> None:
        """What was asked under it is never asked otherwise."""
        asked = {
            (post.request_id, post.customer_id, post.qualification, post.create.website)
            for post in self.service.posts
        }
        assert len(asked) == len({post.request_id for post in self.service.posts})

    @invariant()
    def the_journal_has_no_code(self) -> None:
        if self.journal.exists():
            assert CODE.encode() not in self.journal.read_bytes()

    def teardown(self) -> None:
        with self.folder:
            if self.declared:
                self._nothing_is_lost()

    def _declare_as_sent(self) -> None:
        """Go the way out of a create that is open and now declared with other particulars."""
        for sending in self._history().unsettled.values():
            manifest = self.declared[sending.customer_id]
            if sending.qualification in manifest:
                entry = manifest[sending.qualification]
                manifest[sending.qualification] = replace(entry, website=sending.website)

    def _nothing_is_lost(self) -> None:
        """When the faults cease all that is due is created, but what is never sent twice."""
        self.service.statuses.clear()
        self._declare_as_sent()
        for _ in range(3 + self.service.lag):
            self.apply(CALM, 0, EDUCATION, saved=False)
            if not self._true_plan().steps and not self._history().unsettled:
                break
        self.nothing_is_created_twice()
        self.a_doubtful_create_keeps_its_request_id()
        first: dict[CustomerId, Step] = {}
        for step in self._true_plan().steps:
            first.setdefault(step.customer_id, step)
        open_ = self._history().unsettled
        for step in first.values():
            assert step.qualification is GCC or step.resubmit_denial_of is not None
            assert step.key in open_
        for key in open_:
            assert not self._holds(key.customer_id, key.qualification)


ApplyMachine.TestCase.settings = EFFORT
TestApply = pytest.mark.timeout(7200 if THOROUGH else 300)(ApplyMachine.TestCase)
