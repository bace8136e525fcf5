"""The verbs plan and apply: what is refused, what is resumed, what it ends in, what is reported."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.history import read_history
from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE, LOCK_FILE, hold_lock
from reconciler.applying.stop import StopSignal
from reconciler.documents.digest import digest_of, plan_digest
from reconciler.documents.plan_file import save_plan
from reconciler.documents.plan_model import plan_to_document
from reconciler.model.audit import SET_QUALIFICATION, AuditRecord
from reconciler.model.errors import (
    JournalRefused,
    LockHeld,
    NotApproved,
    OutcomeUnknown,
    PlanRefused,
    ReconcilerError,
    SignInFailed,
    SignInRefused,
    StateError,
    Unavailable,
)
from reconciler.model.plan import Outcome, Plan, Scope, Target
from reconciler.model.policy import Policy
from reconciler.model.state import CustomerId, DesiredState, Qualification, VettingStatus
from reconciler.operations.apply import ApplyRequest, apply
from reconciler.operations.plan import plan, plan_exit_code
from reconciler.operations.settle import forget_creates
from tests.fake_partner_center import (
    DAWN,
    Admin,
    FakePartnerCenter,
    Fault,
    Killed,
    after,
    before,
    room_for,
    run_in,
)
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    SKIP,
    SOE,
    TARGET,
    customer,
    denied,
    education,
    gcc,
    live,
    plan_one,
    vetted,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.applying.history import History
    from reconciler.model.findings import Category
    from reconciler.model.plan import PlanDocument
    from reconciler.model.state import DesiredCustomer, LiveQualification
    from reconciler.operations.run import Run

CREATED: Final = Outcome.CREATED
PRESENT: Final = Outcome.ALREADY_PRESENT
UNKNOWN: Final = Outcome.UNKNOWN
UNSENT: Final = Outcome.NOT_ATTEMPTED
LOST: Final = OutcomeUnknown("no answer came in time")
DOWN: Final = Unavailable("no connection")
SIGNED_OUT: Final = SignInRefused("who are you?")
NO_WAY_IN: Final = SignInFailed("the authority said no")
BOTH: Final = (customer(education(), SOE), customer(SOE, customer_id=FABRIKAM, name="fabrikam"))


class Bench:
    """A working folder with manifests, a service and an admin; `apply` is a process of its own."""

    def __init__(self, folder: Path, *customers: DesiredCustomer, policy: Policy = SKIP) -> None:
        self.folder = folder
        self.customers = customers or BOTH
        self.policy = policy
        self.service = FakePartnerCenter(codes={"GCC-4711": 5})
        self.admin = Admin()
        self.stop = StopSignal()
        self.saved = folder / "plan.json"
        for each in self.customers:
            self.service.put(each.customer_id)

    @property
    def run(self) -> Run:
        return run_in(self.folder, self.service, self.policy, self.admin)

    @property
    def journal(self) -> Path:
        return self.folder / ".reconciler" / JOURNAL_FILE

    @property
    def history(self) -> History:
        return read_history(self.journal, self.run.configuration.target)

    def plan(self) -> PlanDocument:
        return asyncio.run(plan(DesiredState(self.customers), Scope(), self.run))

    def save(self) -> PlanDocument:
        document = self.plan()
        save_plan(self.saved, document)
        return document

    def apply(
        self, *, saved: bool = False, digest: str | None = None, allow: int | None = None
    ) -> int:
        self.service.dead = False
        if self.stop:
            self.stop = StopSignal()
        request = ApplyRequest(
            DesiredState(self.customers), Scope(), self.saved if saved else None, digest, allow
        )
        return asyncio.run(apply(request, self.run, self.stop, self.admin))

    def kill(
        self,
        *,
        saved: bool = False,
        faults: int = 0,
        took_effect: bool = False,
        allow: int | None = None,
    ) -> None:
        """Apply, and die at the create after `faults` that go well."""
        dying = Fault(Killed(), after=took_effect, does=self._die)
        self.service.creates = deque([*[None] * faults, dying])
        with pytest.raises((Killed, BaseExceptionGroup)):
            self.apply(saved=saved, allow=allow)
        self.service.creates.clear()
        self.admin.reports.clear()

    def _die(self) -> None:
        self.service.dead = True

    @property
    def outcomes(self) -> list[Outcome]:
        (report,) = self.admin.reports
        return [result.outcome for result in report.results]

    @property
    def remedies(self) -> list[str | None]:
        (report,) = self.admin.reports
        return [result.remedy for result in report.results]

    @property
    def sent(self) -> list[str]:
        return [post.qualification.value for post in self.service.posts]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_plan_is_a_document_of_its_digest(bench: Bench) -> None:
    """Every customer is read once, nothing is written, and the digest is the content's."""
    document = bench.plan()
    assert [step.qualification.value for step in document.plan.steps] == [
        "Education",
        "StateOwnedEntity",
        "StateOwnedEntity",
    ]
    assert document.digest == digest_of(plan_to_document(document)) == plan_digest(document.plan)
    assert (sorted(bench.service.read_ids), bench.sent) == ([CONTOSO, FABRIKAM], [])
    assert not bench.journal.parent.exists()


def test_only_customers_with_steps_are_checked(bench: Bench) -> None:
    """Side checks are asked where there is something to send."""
    bench.policy = Policy()
    bench.service.put(FABRIKAM, vetted("StateOwnedEntity"))
    bench.plan()
    assert sorted(bench.service.checked) == ["account status", "agreement"]


def test_an_unreadable_customer_leaves_the_plan_incomplete(bench: Bench) -> None:
    """One that can't be read is a finding; the others are planned."""
    bench.service.reads.append(before(DOWN))
    made = bench.plan().plan
    assert not made.complete
    assert [finding.rule for finding in made.findings] == ["customer-unreadable"]
    assert len(made.steps) in (1, 2)


def test_a_code_that_is_not_here_is_told(bench: Bench) -> None:
    """A plan where no codes are has the step, and says that its code wasn't checked."""
    bench.customers = (customer(gcc()),)
    run = replace(bench.run, environ={})
    made = asyncio.run(plan(DesiredState(bench.customers), Scope(), run)).plan
    assert len(made.steps) == 1
    assert "validation-code-not-checked" in {finding.rule for finding in made.findings}


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
@pytest.mark.parametrize("verb", [Bench.plan, Bench.apply])
def test_a_refused_sign_in_is_one_error(bench: Bench, verb: object, error: Exception) -> None:
    """It comes as itself, not as a group of what every worker met, and nothing is delivered."""
    assert callable(verb)
    bench.service.reads.extend([before(error)] * 9)
    with pytest.raises(type(error)):
        verb(bench)
    assert bench.admin.reports == []


STOPS: Final = {
    None: "run apply again: it goes on where this run stopped",
    Unavailable("nobody is there", "run again later"): "run again later",
    Unavailable("nobody is there"): None,
}


@pytest.mark.parametrize(("error", "remedy"), STOPS.items())
def test_a_stopped_run_tells_the_way_on(
    bench: Bench, error: ReconcilerError | None, remedy: str | None
) -> None:
    """Who asked goes on later; an error tells its own way out, or leaves it to the rule."""
    stops = Fault(does=lambda: bench.stop.request("stopped", error))
    bench.service.reads.extend([None] * len(bench.customers) + [stops])
    assert bench.apply() == 1
    assert bench.outcomes == [UNSENT] * 3
    assert bench.remedies == [remedy, None, remedy]


WAITING: Final = plan_one(customer(SOE), live())
DENIED: Final = plan_one(customer(education(), SOE), live(denied()))
FAIL_ON: Final = Policy().fail_on


@pytest.mark.parametrize(
    ("made", "fail_on", "detailed", "code"),
    [
        (WAITING, FAIL_ON, False, 0),
        (WAITING, FAIL_ON, True, 2),
        (DENIED, FAIL_ON, True, 3),
        (DENIED, frozenset(), True, 2),
        (replace(DENIED, complete=False), FAIL_ON, True, 1),
        (plan_one(customer(), live()), FAIL_ON, True, 0),
    ],
)
def test_the_exit_code_of_a_plan(
    made: Plan, fail_on: frozenset[Category], code: int, *, detailed: bool
) -> None:
    """1 beats 3 beats 2, and 2 is for those who ask for it."""
    assert plan_exit_code(made, fail_on, detailed=detailed) == code


@pytest.mark.parametrize("saved", [False, True])
def test_an_apply_creates_what_is_planned(bench: Bench, *, saved: bool) -> None:
    """Shown, asked, sent, reported once: each customer is read to plan, and before each POST."""
    document = bench.save()
    bench.service.read_ids.clear()
    assert bench.apply(saved=saved, digest=document.digest) == 0
    assert bench.outcomes == [CREATED] * 3
    assert bench.admin.shown[0].digest == document.digest
    assert bench.admin.reports[0].plan_digest == document.digest
    assert (bench.admin.asked, len(bench.service.read_ids)) == (1, 5)
    assert bench.history.unsettled == {}


@pytest.mark.parametrize("saved", [False, True])
def test_a_second_apply_has_nothing_to_do(bench: Bench, *, saved: bool) -> None:
    """What is there is not sent again; without steps nobody is asked."""
    bench.save()
    bench.apply()
    bench.admin.reports.clear()
    assert bench.apply(saved=saved) == 0
    assert bench.outcomes == ([PRESENT] * 3 if saved else [])
    assert (len(bench.service.posts), bench.admin.asked) == (3, 2 if saved else 1)


def test_a_step_that_fails_makes_it_1(bench: Bench) -> None:
    """Not all of it could be done, whatever else stands."""
    bench.service.creates.append(before(SIGNED_OUT))
    assert bench.apply() == 1


def test_a_finding_that_stands_makes_it_3(bench: Bench) -> None:
    """All steps are done, but a denial is still there."""
    bench.service.put(CONTOSO, denied())
    assert bench.apply() == 3
    assert bench.outcomes == [CREATED, CREATED]


def test_an_incomplete_plan_makes_it_1(bench: Bench) -> None:
    """The steps that could be planned are sent, but not everything was seen."""
    bench.service.put(CONTOSO, denied())
    bench.service.reads.append(before(DOWN))
    assert bench.apply() == 1


def edited(document: PlanDocument, **changes: object) -> Plan:
    return replace(document.plan, **changes)  # type: ignore[arg-type]  # any field of a plan


def test_a_plan_for_another_target_is_refused(bench: Bench) -> None:
    """A plan made on the emulator isn't sent to the service."""
    document = bench.save()
    other = edited(document, target=replace(TARGET, tenant_id="5d4b"))
    save_plan(bench.saved, replace(document, plan=other, digest=plan_digest(other)))
    with pytest.raises(PlanRefused, match="was made for emulator, 5d4b"):
        bench.apply(saved=True)
    assert (bench.sent, bench.admin.reports) == ([], [])


def test_an_edited_plan_is_refused(bench: Bench) -> None:
    """A plan whose content its digest doesn't match is refused, and nothing is asked of it."""
    bench.save()
    content = json.loads(bench.saved.read_text())
    content["steps"][0]["website"] = "evil.example"
    bench.saved.write_text(json.dumps(content))
    with pytest.raises(PlanRefused, match="digest does not match"):
        bench.apply(saved=True)
    assert bench.sent == []


def test_a_forged_plan_sends_nothing_new(bench: Bench) -> None:
    """A plan edited with a digest to match sends only what the manifests declare as planned."""
    document = bench.save()
    stranger = CustomerId("00000000-0000-0000-0000-000000000000")
    bench.service.put(stranger)
    forged = edited(
        document,
        steps=(
            replace(document.plan.steps[0], website="evil.example"),
            replace(document.plan.steps[2], qualification=Qualification.GCC),
            replace(document.plan.steps[2], customer_id=stranger),
        ),
        basis={**document.plan.basis, stranger: ()},
    )
    save_plan(bench.saved, replace(document, plan=forged, digest=plan_digest(forged)))
    assert bench.apply(saved=True) == 1
    assert bench.outcomes == [UNSENT] * 3
    assert bench.sent == []


@pytest.mark.parametrize(
    ("state", "code"), [(denied(), 3), (vetted("Education Approved"), 0), (None, 1)]
)
def test_what_the_digest_does_not_cover_is_decided_anew(
    bench: Bench, state: LiveQualification | None, code: int
) -> None:
    """Findings cut out, or a customer told as readable, make no better exit code."""
    bench.customers = (customer(education()), BOTH[1])
    bench.service.put(CONTOSO, denied())
    document = bench.save()
    forged = replace(document.plan, findings=(), complete=True)
    save_plan(bench.saved, replace(document, plan=forged))
    if state is not None:
        bench.service.put(CONTOSO, state)
    else:
        bench.service.reads.append(before(DOWN))
    assert bench.apply(saved=True) == code
    assert [finding.rule for finding in bench.admin.shown[0].plan.findings] == {
        3: ["vetting-denied"],
        0: [],
        1: ["customer-unreadable"],
    }[code]


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_refused_sign_in_before_a_saved_plan_is_reported(bench: Bench, error: Exception) -> None:
    """A reviewed plan has a result for each step, whenever the sign-in is refused."""
    bench.save()
    bench.service.reads.append(before(error))
    assert bench.apply(saved=True) == 1
    assert bench.outcomes == [UNSENT] * 3
    assert (bench.admin.asked, bench.stop.error) == (0, error)


def test_only_whom_a_saved_plan_was_made_for_is_decided_anew(bench: Bench) -> None:
    """Another customer's denial is not this plan's business."""
    bench.customers = BOTH[1:]
    bench.save()
    bench.customers = BOTH
    bench.service.put(CONTOSO, denied())
    request = ApplyRequest(
        DesiredState(BOTH),
        Scope(),
        bench.saved,
        reselect=lambda _: (DesiredState(BOTH[1:]), Scope()),
    )
    assert asyncio.run(apply(request, bench.run, bench.stop, bench.admin)) == 0


def test_what_policy_no_longer_permits_is_not_sent(bench: Bench) -> None:
    """A policy narrowed after the plan was saved leaves its steps out, and says so."""
    bench.save()
    bench.policy = replace(SKIP, permit=frozenset({Qualification.SOE}))
    assert bench.apply(saved=True) == 1
    assert bench.outcomes == [UNSENT, UNSENT, CREATED]
    assert "policy.permit" in str(bench.admin.reports[0].results[0].message)


def test_another_digest_than_reviewed_is_refused(bench: Bench) -> None:
    """With --expect-digest only that very plan is applied."""
    digest = bench.plan().digest
    bench.service.put(CONTOSO, vetted("StateOwnedEntity"))
    with pytest.raises(PlanRefused, match="--expect-digest"):
        bench.apply(digest=digest)
    assert (bench.sent, bench.admin.asked) == ([], 0)


def test_a_held_lock_is_refused(bench: Bench) -> None:
    """While another apply runs, nothing is read, shown or sent."""
    with hold_lock(bench.journal.parent, DAWN), pytest.raises(LockHeld):
        bench.apply()
    assert (bench.service.read_ids, bench.admin.shown) == ([], [])
    assert bench.apply() == 0


def test_a_journal_in_doubt_is_refused(bench: Bench) -> None:
    """Nothing is read, shown or sent, and the journal stays as it was."""
    bench.journal.parent.mkdir()
    bench.journal.write_bytes(b"torn")
    with pytest.raises(JournalRefused):
        bench.apply()
    assert (bench.service.read_ids, bench.admin.shown) == ([], [])
    assert bench.journal.read_bytes() == b"torn"


NOBODY: Final = NotApproved("there is no terminal to ask on", "run again with --auto-approve")


@pytest.mark.parametrize(
    ("answer", "remedy"), [(False, "run again and answer yes"), (NOBODY, NOBODY.remedy)]
)
def test_without_a_yes_nothing_is_sent(
    bench: Bench, answer: bool | NotApproved, remedy: str
) -> None:
    """The report has no step attempted, and the way out; the journal doesn't begin."""
    bench.admin.answer = answer
    with pytest.raises(NotApproved):
        bench.apply()
    assert bench.outcomes == [UNSENT] * 3
    assert bench.remedies == [remedy] * 3
    assert bench.sent == []
    assert not bench.journal.exists()


@pytest.mark.parametrize("saved", [False, True])
def test_too_many_creates_are_refused(bench: Bench, *, saved: bool) -> None:
    """The refusal has the number and the customers; that number, and no other, lets it go on."""
    bench.policy = replace(SKIP, max_creates=2)
    bench.save()
    for allow in (None, 2, 4):
        with pytest.raises(PlanRefused) as refused:
            bench.apply(saved=saved, allow=allow)
        assert "3 creates" in refused.value.message
        assert "contoso, fabrikam" in refused.value.message
        assert "--allow-creates 3" in refused.value.remedy
    assert bench.apply(saved=saved, allow=3) == 0


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("faults", [0, 1, 2])
def test_a_resumed_plan_needs_no_other_number(
    bench: Bench, faults: int, *, took_effect: bool
) -> None:
    """However far it came and however often it was killed: the same three creates."""
    bench.policy = replace(SKIP, max_creates=2)
    bench.save()
    for came in (faults, 0):
        if len(bench.service.effects) < 3:
            bench.kill(saved=True, faults=came, took_effect=took_effect, allow=3)
        for other in (None, 2, 4):
            with pytest.raises(PlanRefused, match="counts 3 creates"):
                bench.apply(saved=True, allow=other)
    assert bench.apply(saved=True, allow=3) == 0
    assert len(bench.service.effects) == 3


@pytest.mark.parametrize("took_effect", [False, True])
def test_what_a_killed_run_sent_for_another_plan_does_not_count(
    bench: Bench, *, took_effect: bool
) -> None:
    """A plan made afresh counts its own steps, and not the create that it no longer has."""
    bench.policy = replace(SKIP, max_creates=3)
    bench.kill(faults=1, took_effect=took_effect)
    more = tuple(
        customer(SOE, customer_id=CustomerId(name), name=name)
        for name in ("d", "e")[: 2 if took_effect else 1]
    )
    for each in more:
        bench.service.put(each.customer_id)
    bench.customers = (*BOTH, *more)
    assert bench.apply() == 0
    assert len(bench.outcomes) == 3


def test_open_creates_that_nobody_wants_do_not_end_a_plan_without_steps(bench: Bench) -> None:
    """They are settled first, whatever their number, and what stays open makes no limit."""
    bench.policy = replace(SKIP, max_creates=0)
    bench.journal.parent.mkdir()
    others = [customer(SOE, customer_id=CustomerId(f"c-{n}"), name=f"c-{n}") for n in range(30)]
    bench.customers = tuple(others)
    for each in others:
        bench.service.put(each.customer_id)
    steps = bench.plan().plan.steps
    with Journal(bench.journal, "run-0") as journal:
        journal.started(DAWN, "sha256:0", TARGET)
        for number, step in enumerate(steps):
            journal.sending(DAWN, step, f"id-{number}")
    bench.service.put(others[0].customer_id, vetted("StateOwnedEntity"))
    bench.customers = ()
    assert bench.apply() == 0
    assert len(bench.history.unsettled) == 29


def test_a_new_plan_after_a_whole_run_is_counted_alone(bench: Bench) -> None:
    """What a run that ended has sent doesn't count against the next."""
    bench.policy = replace(SKIP, max_creates=3)
    assert bench.apply() == 0
    more = customer(SOE, gcc(), customer_id=CustomerId("d"), name="more")
    bench.service.put(more.customer_id)
    bench.customers = (*BOTH, more)
    assert bench.apply() == 0
    assert len(bench.service.effects) == 5


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("faults", [0, 1, 2])
@pytest.mark.parametrize("lag", [0, 1, 3])
def test_a_killed_apply_is_finished_by_the_next(  # noqa: PLR0913 - a table of what may vary
    bench: Bench, faults: int, lag: int, *, saved: bool, took_effect: bool, idempotent: bool
) -> None:
    """With FILE or without: the rest is created, nothing twice, and the open one keeps its id."""
    bench.service.lag, bench.service.idempotent = lag, idempotent
    bench.save()
    bench.kill(saved=saved, faults=faults, took_effect=took_effect)
    (open_id,) = [sending.request_id for sending in bench.history.unsettled.values()]
    assert bench.apply(saved=saved) == 0
    assert set(bench.outcomes) <= {CREATED, PRESENT}
    assert [effect.again for effect in bench.service.effects] == [False] * 3
    key = [(post.customer_id, post.qualification) for post in bench.service.posts]
    ids = {
        post.request_id
        for post, each in zip(bench.service.posts, key, strict=True)
        if each == key[faults]
    }
    assert ids == {open_id}
    assert bench.history.unsettled == {}


@pytest.mark.parametrize("took_effect", [False, True])
def test_a_killed_gcc_create_is_not_repeated(tmp_path: Path, *, took_effect: bool) -> None:
    """It is found, or else unknown for as long as it stays absent."""
    bench = Bench(tmp_path, customer(gcc()))
    bench.kill(took_effect=took_effect)
    assert bench.apply() == (0 if took_effect else 1)
    assert bench.outcomes == ([] if took_effect else [UNKNOWN])
    bench.admin.reports.clear()
    bench.service.put(CONTOSO, vetted("GovernmentCommunityCloud"))
    assert bench.apply() == 0
    assert len(bench.sent) == 1
    assert bench.history.unsettled == {}


def test_an_open_create_that_came_true_is_settled(bench: Bench) -> None:
    """A plan made afresh no longer has the step: it is read back, settled and told."""
    bench.kill(took_effect=True)
    assert bench.apply() == 0
    assert any("was created by an earlier run" in line for line in bench.admin.lines)
    assert bench.history.unsettled == {}


@pytest.mark.parametrize("saved", [False, True])
def test_an_open_create_that_nobody_wants_now_is_not_repeated(bench: Bench, *, saved: bool) -> None:
    """What the manifests dropped since is read back, told, and neither sent nor forgotten."""
    bench.save()
    bench.kill(saved=saved)
    bench.customers = (customer(SOE), BOTH[1])
    bench.apply(saved=saved)
    assert "Education" not in bench.sent[1:]
    assert any("no step stands for it now" in line for line in bench.admin.lines)
    assert len(bench.history.unsettled) == 1
    bench.service.put(CONTOSO, vetted("Education InReview"))
    bench.apply(saved=saved)
    assert bench.history.unsettled == {}


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_run_that_met_an_error_does_not_end_in_0(bench: Bench, error: ReconcilerError) -> None:
    """Without a step left, a refused sign-in at the settling still makes it 1."""
    bench.kill(faults=2, took_effect=True)
    bench.service.reads.append(before(error))
    assert bench.apply() == 1
    assert bench.outcomes == []


def test_an_open_create_that_can_not_be_read_stays_open(tmp_path: Path) -> None:
    """It is told, and the rest goes on."""
    bench = Bench(tmp_path, customer(education()))
    bench.kill(took_effect=True)
    bench.service.reads.append(before(DOWN))
    assert bench.apply() == 0
    assert any("can't be read back: no connection" in line for line in bench.admin.lines)
    assert len(bench.history.unsettled) == 1


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_refused_sign_in_ends_the_settling(bench: Bench, error: ReconcilerError) -> None:
    """At the first open create that is refused, nothing more is asked and nothing is sent."""
    bench.kill(faults=1, took_effect=True)
    bench.service.reads.append(before(DOWN))
    bench.kill(took_effect=True)
    assert len(bench.history.unsettled) == 2
    posts = len(bench.sent)
    bench.customers = (customer(education()), customer(gcc(), customer_id=FABRIKAM))
    reads = len(bench.service.read_ids)
    bench.service.reads.append(before(error))
    bench.apply()
    assert bench.stop.error is error
    assert (len(bench.sent), len(bench.service.read_ids)) == (posts, reads + 3)
    assert set(bench.outcomes) <= {UNSENT}


def test_a_journal_from_the_future_is_told(bench: Bench) -> None:
    """A wrong clock is told aloud, and what it wrote holds nothing up."""
    bench.journal.parent.mkdir()
    step = bench.plan().plan.steps[0]
    with Journal(bench.journal, "run-0") as journal:
        journal.started(DAWN.replace(year=2036), "sha256:0", TARGET)
        journal.sending(DAWN.replace(year=2036), step, "id-0")
        journal.settled(DAWN.replace(year=2036), "id-0", Outcome.CREATED)
    assert bench.apply() == 0
    assert any("lines dated in the future" in line for line in bench.admin.lines)


def test_open_creates_of_another_target_are_left_alone(bench: Bench) -> None:
    """They are counted aloud, and neither read nor settled."""
    bench.journal.parent.mkdir()
    step = bench.plan().plan.steps[0]
    with Journal(bench.journal, "run-0") as journal:
        journal.started(DAWN, "sha256:0", Target("https://127.0.0.1:8085"))
        journal.sending(DAWN, step, "elsewhere")
    assert bench.apply() == 0
    assert any("1 unsettled creates that are not of emulator" in line for line in bench.admin.lines)
    assert bench.history.elsewhere == 1


def test_a_denial_is_resubmitted_once_across_runs(tmp_path: Path) -> None:
    """Killed, lagging, applied from FILE and afresh, denied again: one approval, one create."""
    bench = Bench(tmp_path, customer(education(resubmit=DENIED_ON)))
    bench.service.put(CONTOSO, denied())
    bench.service.lag, bench.service.idempotent = 2, False
    bench.save()
    bench.kill(saved=True, took_effect=True)
    assert bench.apply(saved=True) == 0
    bench.service.vet(CONTOSO, "Education", VettingStatus.DENIED)
    bench.apply(saved=True)
    bench.apply()
    assert [effect.over for effect in bench.service.effects] == [DENIED_ON]


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


def test_a_reset_emulator_begins_anew(tmp_path: Path) -> None:
    """What was created before the emulator went back to its seed is created again, GCC too."""
    bench = Bench(tmp_path, customer(gcc()))
    forget_creates(bench.run.configuration)
    assert not bench.journal.exists()
    assert bench.apply() == 0
    bench.service = FakePartnerCenter(codes={"GCC-4711": 5})
    bench.service.put(CONTOSO)
    forget_creates(bench.run.configuration)
    bench.admin.reports.clear()
    assert bench.apply() == 0
    assert bench.outcomes == [CREATED]


def test_a_running_apply_is_not_forgotten(bench: Bench) -> None:
    """While an apply runs, its creates can't be declared gone."""
    bench.apply()
    with hold_lock(bench.journal.parent, DAWN), pytest.raises(LockHeld):
        forget_creates(bench.run.configuration)


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


def test_a_killed_runs_create_is_settled_by_the_audit_log(bench: Bench) -> None:
    """Where no step stands for it any more, too: on record, with the id of the record."""
    bench.customers = (customer(gcc()),)
    bench.kill()
    bench.customers = (customer(),)
    run, admin = bench.run, bench.admin
    correlation_id = bench.history.correlation_ids.popitem()[1][0]

    bench.service.lists.records = [
        AuditRecord(DAWN, CONTOSO, SET_QUALIFICATION, "succeeded", correlation_id=correlation_id)
    ]
    bench.service.dead = False
    request = ApplyRequest(DesiredState(bench.customers), Scope())
    asyncio.run(apply(request, run, StopSignal(), admin))
    assert bench.history.unsettled == {}
    assert bench.journal.read_text().count(correlation_id) == 2
    assert any("field that is not documented" in line for line in admin.lines)


class Unheard(list[str]):
    """Lines for people that nobody can be told: stderr has gone."""

    def append(self, line: str) -> None:
        raise BrokenPipeError(line)


def test_a_line_that_cannot_be_said_ends_no_run(bench: Bench) -> None:
    """What an earlier run created is settled, and the rest sent, told or not."""
    bench.kill(took_effect=True)
    bench.admin.lines = Unheard()
    assert bench.apply() == 0
    assert not bench.history.unsettled
