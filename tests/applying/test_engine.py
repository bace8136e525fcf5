"""The engine sends what the plan holds or less, and every step ends in one true result."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.waits import RetryLimits
from reconciler.model.errors import (
    Answered,
    ReconcilerError,
    Unavailable,
)
from reconciler.model.state import (
    CustomerId,
    EducationSegment,
    Qualification,
)
from tests.applying.bench import (
    APP_ONLY,
    BLOCK_STATUS,
    BOTH,
    CREATED,
    DOWN,
    FULL,
    LOST,
    NO_WAY_IN,
    PRESENT,
    REFUSED,
    REJECTED,
    SIGNED_OUT,
    UNKNOWN,
    UNSENT,
    Apply,
    many,
    message_of,
    outcomes,
    schools,
    sent_before,
)
from tests.fake_partner_center import Fault, after, before
from tests.virtual_time import run_in_virtual_time
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    LATER,
    SOE,
    customer,
    denied,
    education,
    gcc,
    vetted,
)

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.model.plan import Outcome
    from reconciler.model.state import DesiredCustomer, LiveQualification


def test_each_step_that_ends_is_progress() -> None:
    """From none to all of them, one by one."""
    apply = Apply(*BOTH)
    apply.run()
    sending = "creates, each after a read of its customer"
    assert [told for told in apply.progress if told[0] == sending] == [
        (sending, ended, 3) for ended in range(4)
    ]


def test_every_step_is_sent_and_told() -> None:
    """Each create is sent once, and its result has what the service and support need."""
    apply = Apply(*BOTH)
    results = apply.run()
    assert [(each.name, each.qualification, each.outcome) for each in results] == [
        ("contoso", Qualification.EDUCATION, CREATED),
        ("contoso", Qualification.SOE, CREATED),
        ("fabrikam", Qualification.SOE, CREATED),
    ]
    assert [each.request_id for each in results] == ["id-1", "id-2", "id-3"]
    assert results[0].vetting_status == "InReview"
    assert results[0].correlation_id == "correlation"
    assert len(apply.service.posts) == 3


def test_nothing_is_sent_before_it_is_written() -> None:
    """The journal has the request id before each POST and the outcome after it."""
    apply = Apply(customer(education(), SOE))
    apply.run()
    assert apply.ledger.lines == [
        ("sending Education", "id-1", 0),
        ("created", "id-1", 1),
        ("sending StateOwnedEntity", "id-2", 1),
        ("created", "id-2", 2),
    ]


def test_a_plan_without_steps_asks_nothing() -> None:
    """Where nothing is to be sent, nothing is read."""
    apply = Apply(customer())
    assert apply.run() == ()
    assert apply.service.read_ids == []


@pytest.mark.parametrize("status", [None, "InReview", "Approved", "approved"])
def test_what_is_held_is_not_sent(status: str | None) -> None:
    """What came true since the plan is already present, and the rest of the customer goes on."""
    apply = Apply(customer(education(), SOE))
    plan = apply.make_plan()
    apply.service.put(CONTOSO, replace(vetted("Education"), vetting_status=status))
    results = apply.run(plan)
    assert outcomes(results) == [PRESENT, CREATED]
    assert results[0].vetting_status == status
    assert apply.sent == ["StateOwnedEntity"]


RESUBMITTING: Final = customer(education(resubmit=DENIED_ON))


def test_a_denial_is_resubmitted_once() -> None:
    """The approved denial is sent again; the vetting that follows makes the same plan done."""
    apply = Apply(RESUBMITTING)
    apply.service.put(CONTOSO, denied())
    plan = apply.make_plan()
    assert outcomes(apply.run(plan)) == [CREATED]
    assert outcomes(apply.run(plan)) == [PRESENT]
    assert [effect.over for effect in apply.service.effects] == [DENIED_ON]


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (denied(LATER), PRESENT),
        (vetted("Education Approved", LATER), PRESENT),
        (vetted("Education Approved"), PRESENT),
        (vetted("Education Denied"), UNSENT),
        (denied(DENIED_ON.replace(year=2024)), UNSENT),
        (vetted("Education InReview", DENIED_ON), PRESENT),
    ],
)
def test_only_the_named_denial_is_resubmitted(entry: LiveQualification, outcome: Outcome) -> None:
    """Where it stands no more it is held; a denial that is another one, or none, is a move."""
    apply = Apply(RESUBMITTING)
    apply.service.put(CONTOSO, denied())
    plan = apply.make_plan()
    apply.service.put(CONTOSO, entry)
    assert outcomes(apply.run(plan)) == [outcome]
    assert apply.sent == []


def test_a_customer_that_moved_is_skipped() -> None:
    """What moved is named, nothing is sent to that customer, and the others go on."""
    apply = Apply(*BOTH)
    plan = apply.make_plan()
    apply.service.put(CONTOSO, vetted("Nonprofit"))
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT, UNSENT, CREATED]
    assert "Nonprofit has appeared" in message_of(results[0])
    assert apply.sent == ["StateOwnedEntity"]


def test_a_denial_since_the_plan_is_a_move() -> None:
    """A create that was planned on absence is not sent over a denial."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.service.put(CONTOSO, denied())
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT]
    assert "Education has appeared" in message_of(results[0])
    assert apply.sent == []


@pytest.mark.parametrize(
    ("now", "qualification"),
    [
        (customer(education(), gcc()), Qualification.EDUCATION),
        (customer(gcc(), SOE), Qualification.SOE),
        (customer(SOE, name="renamed"), Qualification.SOE),
    ],
    ids=["exclusive", "waits for GCC", "renamed"],
)
def test_a_step_that_planning_would_not_give_is_not_sent(
    now: DesiredCustomer, qualification: Qualification
) -> None:
    """The table is asked again at the last moment: an old or edited plan can't get past it."""
    old = tuple(each for each in now.qualifications if each.qualification is qualification)
    apply = Apply(replace(now, name="contoso", qualifications=old))
    plan = apply.make_plan()
    apply.customers = (now,)
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT]
    assert "plan again" in message_of(results[0])
    assert apply.sent == []


def test_gcc_goes_before_soe() -> None:
    """SOE is sent after GCC where the plan holds both, even if reads lag behind the GCC create."""
    apply = Apply(customer(gcc(), SOE))
    apply.service.lag = 1
    assert outcomes(apply.run()) == [CREATED, CREATED]
    assert apply.sent == ["GovernmentCommunityCloud", "StateOwnedEntity"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(before(REFUSED), REJECTED), (Fault(LOST), UNKNOWN), (before(DOWN), UNSENT)],
)
def test_after_a_failure_the_rest_of_the_customer_waits(fault: Fault, outcome: Outcome) -> None:
    """What follows a failed step isn't attempted and says why; the other customers go on."""
    apply = Apply(*BOTH)
    apply.service.creates.extend([fault] * (5 if outcome is not REJECTED else 1))
    results = apply.run()
    assert outcomes(results) == [outcome, UNSENT, CREATED]
    assert message_of(results[1]) == ("Education, which comes before it, was not created")


def test_a_customer_that_can_not_be_read_is_left_alone() -> None:
    """Without a read before the write there is no write."""
    apply = Apply(*BOTH)
    apply.service.reads.append(before(DOWN))
    results = apply.run()
    assert outcomes(results) == [UNSENT, UNSENT, CREATED]
    assert "no connection" in message_of(results[0])


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_refused_sign_in_at_the_first_read_stops_everything(error: ReconcilerError) -> None:
    """As many requests as there are workers, not one for each customer, and nothing is sent."""
    apply = Apply(*many(50))
    apply.concurrency = 4
    apply.service.reads.extend([before(error)] * 100)
    assert set(outcomes(apply.run())) == {UNSENT}
    assert len(apply.service.reads) >= 96
    assert (apply.sent, apply.stop.error) == ([], error)


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN, APP_ONLY])
def test_a_refused_sign_in_at_a_write_stops_everything(error: ReconcilerError) -> None:
    """What was created before it stands; the rest isn't attempted, for that reason."""
    apply = Apply(*BOTH)
    apply.service.creates.extend([None, before(error)])
    results = apply.run()
    assert outcomes(results) == [CREATED, UNSENT, UNSENT]
    assert [each.message for each in results[1:]] == [error.message] * 2
    assert apply.stop.error is error
    assert apply.ledger.lines[-1] == (UNSENT, "id-2", 2)


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN, APP_ONLY, None])
def test_the_first_create_of_a_run_goes_alone(error: ReconcilerError | None) -> None:
    """A sign-in that may not write costs one POST, not one a worker; Ctrl-C turns back the rest."""
    apply = Apply(*many(8))
    apply.concurrency = 8
    stopping = Fault(does=lambda: apply.stop.request("stopped by Ctrl-C"))
    apply.service.creates.append(stopping if error is None else before(error))
    results = apply.run()
    assert outcomes(results).count(UNSENT) == (15 if error is None else 16)
    assert len(apply.sent) == 1
    assert [what for what, _, _ in apply.ledger.lines] == [
        "sending Education",
        CREATED if error is None else UNSENT,
    ]
    assert {each.request_id for each in results} == {None, "id-1"}


@pytest.mark.parametrize("fault", [before(DOWN), before(LOST), before(REFUSED)])
def test_the_others_follow_whatever_became_of_the_first(fault: Fault) -> None:
    """Once the first create is over, well or not, nobody waits for it."""
    apply = Apply(*many(8))
    apply.concurrency = 8
    apply.service.creates.append(fault)
    results = apply.run()
    assert outcomes(results).count(CREATED) == (14 if fault.error is REFUSED else 16)


def test_app_only_reads_do_not_stop_the_others() -> None:
    """Only a write tells that the sign-in is of the wrong kind."""
    apply = Apply(*BOTH)
    apply.service.reads.append(before(APP_ONLY))
    assert outcomes(apply.run()) == [UNSENT, UNSENT, CREATED]


def test_the_code_is_sent_and_never_told() -> None:
    """The POST has the code; results and journal don't."""
    apply = Apply(customer(gcc()))
    results = apply.run()
    assert [post.code for post in apply.service.posts] == ["GCC-4711"]
    assert "GCC-4711" not in f"{results}{apply.ledger.lines}"


def test_what_is_left_out_is_not_sent() -> None:
    """A step that the manifests or policy no longer stand for has its reason as result."""
    apply = Apply(*BOTH)
    plan = apply.make_plan()
    apply.customers = (customer(SOE), BOTH[1])
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT, UNSENT, CREATED]
    assert "no longer declare this Education" in message_of(results[0])


def test_a_customer_that_is_no_longer_declared_needs_no_manifest() -> None:
    """Where all of a customer is left out, it is neither checked nor read."""
    apply = Apply(*BOTH, policy=BLOCK_STATUS)
    plan = apply.make_plan()
    apply.customers = BOTH[1:]
    assert outcomes(apply.run(plan)) == [UNSENT, UNSENT, CREATED]
    assert apply.service.read_ids == [FABRIKAM]


def test_a_raised_flag_asks_nothing() -> None:
    """An apply that was stopped before it began makes no request, side checks neither."""
    apply = Apply(*BOTH, policy=BLOCK_STATUS)
    apply.stop.request("stopped by Ctrl-C")
    results = apply.run()
    assert [message_of(each) for each in results] == ["stopped by Ctrl-C"] * 3
    assert (apply.service.checked, apply.service.read_ids) == ([], [])


@pytest.mark.parametrize("at", ["reads", "creates"])
def test_the_first_interrupt_settles_what_is_in_flight(at: str) -> None:
    """After Ctrl-C nothing new is sent; the create that was under way is told as it ended."""
    apply = Apply(*BOTH)
    stopping = Fault(does=lambda: apply.stop.request("stopped by Ctrl-C"))
    script = apply.service.reads if at == "reads" else apply.service.creates
    script.append(stopping)
    results = apply.run()
    assert outcomes(results) == [CREATED if at == "creates" else UNSENT, UNSENT, UNSENT]
    assert [message_of(each) for each in results[1:]][-1] == "stopped by Ctrl-C"


@pytest.mark.parametrize("took_effect", [False, True])
def test_leaving_at_once_keeps_the_report_true(*, took_effect: bool) -> None:
    """Cancelled: what is done is done, what is in flight is unknown, the rest isn't attempted."""
    apply = Apply(*BOTH)
    engine = apply.make_engine(apply.make_plan())

    async def leave() -> None:
        running = asyncio.create_task(engine.run())

        def cancel() -> None:
            running.cancel()

        script = apply.service.creates if took_effect else apply.service.reads
        script.extend([None, Fault(does=cancel)])
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    assert outcomes(engine.results) == [CREATED, UNKNOWN, UNSENT]
    assert engine.results[1].request_id == "id-2"
    assert "run apply again" in message_of(engine.results[1])
    assert len(apply.service.effects) == 1 + took_effect
    assert apply.ledger.lines[-1] == ("sending StateOwnedEntity", "id-2", 1)


def test_a_full_disk_lets_nothing_be_sent() -> None:
    """Where a create can't be written down, it and all that follow aren't sent."""
    apply = Apply(*BOTH)
    apply.ledger.room = 2
    results = apply.run()
    assert outcomes(results) == [CREATED, UNSENT, UNSENT]
    assert {message_of(each) for each in results[1:]} == {"the disk is full"}
    assert (len(apply.sent), apply.stop.error) == (1, FULL)


def test_every_post_is_recorded_with_its_correlation_id() -> None:
    """Also one whose answer is lost, and its repeat: support asks for these ids."""
    apply = Apply(*BOTH)
    apply.service.creates.append(before(LOST))
    apply.run()
    ids = [each.request_id for each in apply.service.posts]
    assert len(ids) == 4
    assert apply.ledger.posted == [(each, f"correlation-{n}") for n, each in enumerate(ids, 1)]


def test_a_post_that_can_not_be_recorded_is_not_sent() -> None:
    """The disk may fill up between the line of the create and that of its POST."""
    apply = Apply(*BOTH)
    apply.ledger.post_room = 1
    assert outcomes(apply.run()) == [CREATED, UNSENT, UNSENT]
    assert (len(apply.sent), apply.stop.error) == (1, FULL)


def test_an_outcome_that_can_not_be_written_is_still_told() -> None:
    """The report is true; nothing more is sent, and the next run settles what stayed open."""
    apply = Apply(*BOTH)
    apply.ledger.room = 1
    assert outcomes(apply.run()) == [CREATED, UNSENT, UNSENT]
    assert apply.stop.error is FULL


def test_an_unforeseen_error_keeps_the_report_true() -> None:
    """A flaw of ours ends the run, but not the truth: what was in flight is unknown."""
    apply = Apply(*BOTH)
    apply.service.creates.extend([None, after(ZeroDivisionError())])
    engine = apply.make_engine(apply.make_plan())
    with pytest.raises(ExceptionGroup):
        asyncio.run(engine.run())
    assert outcomes(engine.results) == [CREATED, UNKNOWN, UNSENT]
    assert engine.results[1].request_id == "id-2"
    assert engine.results[1].message is not None


def test_an_unsettled_create_is_repeated_with_its_id() -> None:
    """What an earlier run may have created is read back, then sent under the journalled id."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    results = apply.run(plan)
    assert outcomes(results) == [CREATED]
    assert [post.request_id for post in apply.service.posts] == ["earlier"]
    assert len(apply.service.read_ids) == 5
    assert apply.ledger.lines == [("sending Education", "earlier", 0), ("created", "earlier", 1)]


def test_an_unsettled_create_of_other_particulars_is_not_repeated() -> None:
    """Its request id answers for what was sent then: another segment must not go out under it."""
    apply = Apply(customer(education(EducationSegment.HIGHER_EDUCATION)))
    plan = apply.make_plan()
    other = replace(plan.steps[0], education_segment=EducationSegment.K12)
    apply.unsettled = sent_before(other)
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT]
    assert "K12" in str(results[0].message)
    assert apply.service.posts == []


def test_an_unsettled_create_that_is_there_is_settled() -> None:
    """It isn't sent, the report says what it was, and the journal is told."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    apply.service.put(CONTOSO, vetted("Education InReview"))
    results = apply.run(plan)
    assert outcomes(results) == [PRESENT]
    assert results[0].request_id == "earlier"
    assert "an earlier run" in message_of(results[0])
    assert apply.ledger.lines == [(PRESENT, "earlier", 0)]


def test_an_unsettled_gcc_create_is_never_repeated() -> None:
    """GCC of an earlier run that stays absent is unknown, and no POST is made."""
    apply = Apply(customer(gcc()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    assert outcomes(apply.run(plan)) == [UNKNOWN]
    assert apply.sent == []
    assert apply.ledger.lines[-1] == (UNKNOWN, "earlier", 0)


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("declared", [customer(education()), customer(gcc()), customer(SOE)])
def test_a_create_seen_done_is_not_sent_again(
    declared: DesiredCustomer, *, idempotent: bool
) -> None:
    """Reads that lag behind an earlier run's create don't make it a second one."""
    apply = Apply(declared)
    apply.service.idempotent, apply.service.lag = idempotent, 3
    plan = apply.make_plan()
    assert outcomes(apply.run(plan)) == [CREATED]
    apply.freshly_done = sent_before(plan.steps[0], "id-1")
    assert outcomes(apply.run(plan)) == [PRESENT]
    assert [effect.again for effect in apply.service.effects] == [False]


def test_nothing_is_sent_on_reads_that_lag_behind_the_journal() -> None:
    """Where a create that was seen done stays unseen, the customer isn't known well enough."""
    apply = Apply(customer(education(), SOE))
    plan = apply.make_plan()
    apply.service.lag = 9
    assert outcomes(apply.run(plan)) == [CREATED, CREATED]
    apply.freshly_done = sent_before(plan.steps[0], "id-1")
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT, UNSENT]
    assert "lags behind: it lacks Education" in message_of(results[0])
    assert len(apply.sent) == 2


@pytest.mark.parametrize("journal", ["freshly_done", "unsettled"])
def test_a_rival_that_an_earlier_run_created_is_given_time_to_show(journal: str) -> None:
    """GCC isn't sent to a customer whose Education was created a moment ago, however reads lag."""
    apply = Apply(customer(education()))
    before_it = apply.make_plan()
    apply.customers = (customer(gcc()),)
    plan = apply.make_plan()
    apply.customers = (customer(education()),)
    apply.service.lag = 3
    assert outcomes(apply.run(before_it)) == [CREATED]
    apply.customers = (customer(gcc()),)
    setattr(apply, journal, sent_before(before_it.steps[0], "id-1"))
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT]
    assert "Education has appeared" in message_of(results[0])
    assert apply.sent == ["Education"]


def test_a_step_that_is_twice_in_a_plan_is_sent_once() -> None:
    """A plan that was edited to hold a step twice creates it once, and has two results."""
    apply = Apply(customer(SOE))
    plan = apply.make_plan()
    results = apply.run(replace(plan, steps=plan.steps * 2))
    assert len(results) == 2
    assert len(apply.sent) == 1


@pytest.mark.parametrize("fault", [before(DOWN), before(LOST)])
def test_a_service_that_stays_down_is_not_hammered(fault: Fault) -> None:
    """The apply ends by itself with at most eight POSTs a step, and every step has a result."""
    apply = Apply(*many(6))
    apply.concurrency = 3
    apply.service.creates.extend([fault] * 1000)
    results = apply.run()
    assert len(results) == 12
    assert set(outcomes(results)) <= {UNKNOWN, UNSENT}
    posts = Counter((post.customer_id, post.qualification) for post in apply.service.posts)
    assert max(posts.values()) <= 8


@pytest.mark.parametrize("fault", [before(LOST), after(LOST)])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_write_outage_of_hundreds_of_steps_costs_few(fault: Fault, concurrency: int) -> None:
    """At most 15 POSTs, 4 unknown and two minutes, wherever the answers are lost."""
    apply = Apply(*schools(500))
    apply.concurrency = concurrency
    apply.service.creates.extend([fault] * 5000)
    apply.service.lag = 10_000
    results, took = apply.run_in_virtual_time()
    counts = Counter(outcomes(results))
    assert len(results) == 500
    assert len(apply.sent) <= 15
    assert counts[UNKNOWN] <= 4
    assert counts[UNKNOWN] + counts[UNSENT] == 500
    assert took < 120
    assert isinstance(apply.stop.error, Unavailable)


@pytest.mark.parametrize("answered", range(97, 105))
def test_an_outage_that_begins_in_the_middle_costs_what_was_in_flight(answered: int) -> None:
    """None is put in doubt beside those four: they are sent again, one at a time."""
    apply = Apply(*schools(500))
    apply.concurrency = 8
    apply.service.creates.extend([*[None] * answered, *[before(LOST)] * 5000])
    results, took = apply.run_in_virtual_time()
    counts = Counter(outcomes(results))
    assert counts[CREATED] == answered
    assert counts[UNKNOWN] <= 4
    assert len(apply.sent) <= answered + 15
    assert took < 100


def test_gcc_in_an_outage_is_sent_three_times() -> None:
    """A create that is never repeated costs one POST, and a person, each: three are enough."""
    declared = [
        customer(gcc(), customer_id=CustomerId(f"c-{index:03}"), name=f"c-{index:03}")
        for index in range(24)
    ]
    apply = Apply(*declared)
    apply.concurrency = 8
    apply.service.creates.extend([before(LOST)] * 100)
    results, took = apply.run_in_virtual_time()
    assert Counter(outcomes(results)) == {UNKNOWN: 3, UNSENT: 21}
    assert len(apply.sent) == 3
    assert took == pytest.approx(21)


def test_a_service_that_is_not_there_is_asked_by_three() -> None:
    """What certainly did not happen ends the run as soon: nothing was created, and it says so."""
    apply = Apply(*schools(100))
    apply.concurrency = 8
    apply.service.creates.extend([before(DOWN)] * 1000)
    results, _ = apply.run_in_virtual_time()
    assert set(outcomes(results)) == {UNSENT}
    assert len(apply.sent) == 15
    assert message_of(results[-1]) == (
        "the service answered none of the last 3 creates, so nothing more is sent"
    )


@pytest.mark.parametrize(
    ("error", "reads"),
    [(DOWN, 3), (Unavailable("500", answered=Answered(500)), 9)],
    ids=["no service", "its own trouble"],
)
def test_a_service_that_can_not_be_read_ends_the_run(error: ReconcilerError, reads: int) -> None:
    """Nobody answers: that is no customer's own trouble, as a 500 may be, and three tell enough."""
    apply = Apply(*schools(9))
    apply.service.reads.extend([before(error)] * 100)
    assert set(outcomes(apply.run())) == {UNSENT}
    assert len(apply.service.read_ids) == reads
    assert bool(apply.stop) is (reads == 3)


@pytest.mark.parametrize("fault", [before(LOST), before(DOWN)])
def test_in_trouble_creates_go_one_at_a_time(fault: Fault) -> None:
    """From the first POST without an answer until a create succeeds; then side by side again."""
    apply = Apply(*schools(24))
    apply.concurrency = 8
    apply.service.creates.extend([None, *[fault] * 7, *[Fault(hangs=1)] * 40])
    results, _ = apply.run_in_virtual_time()
    at_once = [post.at_once for post in apply.service.posts]
    assert outcomes(results) == [CREATED] * 24
    assert at_once[:9] == [1, 1, 2, 3, 4, 1, 1, 1, 1]
    assert max(at_once[9:]) == 4


@pytest.mark.parametrize("between", [None, before(REFUSED)])
def test_three_in_a_row_are_three_in_a_row(between: Fault | None) -> None:
    """A create that is answered between them, a no too, begins the count anew."""
    apply = Apply(*schools(8))
    lost = [before(LOST)] * 5
    apply.service.creates.extend([*lost, *lost, between, *lost, *lost, between])
    results, _ = apply.run_in_virtual_time()
    answered = REJECTED if between else CREATED
    assert (
        outcomes(results) == [UNKNOWN] * 2 + [answered] + [UNKNOWN] * 2 + [answered] + [CREATED] * 2
    )


def test_unknown_creates_of_earlier_runs_do_not_stop_this_one() -> None:
    """What this run has not sent says nothing of how the service does today."""
    codes = [
        customer(gcc(), customer_id=CustomerId(f"c-{index}"), name=f"c-{index}")
        for index in range(4)
    ]
    apply = Apply(*codes, customer(SOE))
    for step in apply.make_plan().steps:
        if step.qualification is Qualification.GCC:
            apply.unsettled |= sent_before(step, f"earlier-{step.name}")
    results = apply.run()
    assert Counter(outcomes(results)) == {UNKNOWN: 4, CREATED: 1}


def hang(apply: Apply, status: int | None = None) -> None:
    """Let somebody ask to stop while the create gets no answer, or no body of it, for hours."""
    stops = Fault(does=lambda: apply.stop.request("SIGTERM"), hangs=3600, status=status)
    apply.service.creates.append(stops)


@pytest.mark.parametrize(
    ("limits", "seconds"), [(RetryLimits(), 20.0), (RetryLimits(after_stop=3.0), 3.0)]
)
def test_a_create_in_flight_has_a_while_after_a_stop(limits: RetryLimits, seconds: float) -> None:
    """Then it is unknown, and the run is over: nobody waits for a service that hangs."""
    apply = Apply(*BOTH)
    hang(apply)
    apply.limits = limits
    engine = apply.make_engine(apply.make_plan())

    async def run() -> float:
        await engine.run()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(run()) == pytest.approx(seconds)
    assert outcomes(engine.results) == [UNKNOWN, UNSENT, UNSENT]
    assert engine.results[0].request_id == "id-1"
    assert [what for what, _, _ in apply.ledger.lines] == ["sending Education"]


@pytest.mark.parametrize(
    ("status", "noted"), [(201, True), (202, True), (400, False), (302, False), (504, False)]
)
def test_a_body_that_is_given_up_on_leaves_its_status_in_the_journal(
    status: int, *, noted: bool
) -> None:
    """What the service answered with a 2xx it took: no later run may send it again."""
    apply = Apply(customer(SOE))
    hang(apply, status)
    results, _ = apply.run_in_virtual_time()
    assert outcomes(results) == [UNKNOWN]
    vetted = [what for what, _, _ in apply.ledger.lines]
    assert vetted == ["sending StateOwnedEntity", *["accepted"] * noted]


def test_leaving_at_once_notes_what_was_taken() -> None:
    """A second signal waits for no body either."""
    apply = Apply(customer(SOE))
    apply.service.creates.append(Fault(hangs=3600, status=201))
    engine = apply.make_engine(apply.make_plan())

    async def run() -> None:
        task = asyncio.create_task(engine.run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_in_virtual_time(run())
    assert [what for what, _, _ in apply.ledger.lines] == ["sending StateOwnedEntity", "accepted"]


def test_without_a_stop_an_answer_is_waited_for() -> None:
    """Answers after 100 seconds were seen: cutting one off makes a doubt at home."""
    apply = Apply(customer(SOE))
    apply.service.creates.append(Fault(hangs=100))
    results, took = apply.run_in_virtual_time()
    assert outcomes(results) == [CREATED]
    assert took == pytest.approx(100)


def test_a_run_that_stops_by_itself_is_in_no_hurry() -> None:
    """A refused sign-in cuts off no create that is under way."""
    apply = Apply(*schools(3))
    apply.concurrency = 3
    apply.service.creates.extend([None, Fault(hangs=100), before(SIGNED_OUT)])
    results, took = apply.run_in_virtual_time()
    assert outcomes(results).count(CREATED) == 2
    assert took == pytest.approx(100)


@pytest.mark.parametrize("earlier", [None, DENIED_ON])
def test_an_unsettled_create_bars_any_other_of_the_qualification(earlier: datetime | None) -> None:
    """Whichever denial it named, or none: two creates of it could both come true."""
    apply = Apply(customer(education(resubmit=LATER if earlier else DENIED_ON)))
    apply.service.put(CONTOSO, denied(LATER if earlier else DENIED_ON))
    plan = apply.make_plan()
    apply.unsettled = sent_before(replace(plan.steps[0], resubmit_denial_of=earlier))
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT]
    assert "earlier" in message_of(results[0])
    assert apply.sent == []


def test_what_an_earlier_run_got_a_2xx_for_is_never_repeated() -> None:
    """The journal remembers it; where it is absent, it is unknown."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    apply.accepted = frozenset({"earlier"})
    assert outcomes(apply.run(plan)) == [UNKNOWN]
    assert apply.sent == []


def test_no_read_grows_old_behind_another_create() -> None:
    """Who waits for the first create reads when its own turn has come, not before."""
    apply = Apply(*schools(4))
    apply.concurrency = 4
    apply.service.creates.append(Fault(hangs=20))
    apply.run_in_virtual_time()
    reads = [when for call, when in apply.service.calls if call == "read"]
    assert sorted(reads) == [0, 20, 20, 20]
    assert all(post.read_in_turn for post in apply.service.posts)
