"""One create is sent until an outcome is known that is true, and never becomes two."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.attempt import CreateAttempt
from reconciler.applying.create_breaker import CreateBreaker
from reconciler.applying.create_log import CreateLog
from reconciler.applying.creates import CreateOutcome, PreparedCreate
from reconciler.applying.stop import StopSignal
from reconciler.applying.waits import RetryLimits
from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ReconcilerError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.plan import Create, Outcome, Step
from reconciler.model.remedies import APPLY_AGAIN
from reconciler.model.secret import Secret
from reconciler.model.state import EducationSegment, LiveQualification, Qualification, VettingStatus
from reconciler.planning.planner import basis_of
from reconciler.planning.staleness import Grounds, find_held
from tests.fake_partner_center import FakePartnerCenter, Fault, after, before
from tests.virtual_time import run_in_virtual_time
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    LATER,
    POLICY,
    customer,
    denied,
    education,
    gcc,
    live,
    plan_one,
    vetted,
)
from tests.worlds import SOE as SOE_ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

EDUCATION: Final = Qualification.EDUCATION
GCC: Final = Qualification.GCC
SOE: Final = Qualification.SOE

LOST: Final = OutcomeUnknown("no answer came in time", answered=Answered(correlation_id="lost"))
DOWN: Final = Unavailable("no connection", answered=Answered(correlation_id="down"))
REFUSED: Final = CallRefused("a definite no", answered=Answered(correlation_id="no"))
SIGNED_OUT: Final = SignInRefused("who are you?", answered=Answered(correlation_id="who"))
APP_ONLY: Final = AppOnlyRefused("not for app-only", answered=Answered(correlation_id="app"))
NO_WAY_IN: Final = SignInFailed("the authority said no")


class Trial:
    """One create with its fake, its stop signal and what the journal was told."""

    def __init__(  # noqa: PLR0913 - what a test may vary, all named
        self,
        qualification: Qualification = EDUCATION,
        *,
        faults: Iterable[Fault | None] = (),
        reads: Iterable[Fault | None] = (),
        lag: int = 0,
        doubtful: bool = False,
        resubmits: datetime | None = None,
    ) -> None:
        self.service = FakePartnerCenter(
            lag=lag, codes={"GCC-4711": 5}, creates=deque(faults), reads=deque(reads)
        )
        before = live() if resubmits is None else live(denied(resubmits))
        self.service.put(CONTOSO, *before.qualifications)
        self.stop = StopSignal()
        self.limits = RetryLimits(chance=lambda: 1.0)
        self.lines: list[str] = []
        entries = {EDUCATION: education(resubmit=resubmits), GCC: gcc(), SOE: SOE_ENTRY}
        desired = customer(entries[qualification])
        (step,) = plan_one(desired, before).steps
        self.prepared = PreparedCreate(
            step=step,
            create=Create(CONTOSO, qualification, EducationSegment.K12, None, Secret("GCC-4711")),
            request_id="first",
            grounds=Grounds((step,), basis_of(before), desired, POLICY),
            unsettled=doubtful,
        )

    def sending(self, _at: datetime, _step: Step, request_id: str) -> None:
        self.lines.append(f"sending {request_id}")

    def posting(self, _at: datetime, request_id: str, _correlation_id: str) -> None:
        self.lines.append(f"posting {request_id}")

    def accepted(self, _at: datetime, request_id: str) -> None:
        self.lines.append(f"accepted {request_id}")

    def settled(
        self, _at: datetime, request_id: str, outcome: Outcome, _audited: str | None = None
    ) -> None:
        self.lines.append(f"{outcome} {request_id}")

    def settle(self) -> CreateOutcome:
        return run_in_virtual_time(self.run())

    async def run(self) -> CreateOutcome:
        async with CreateBreaker(self.stop).admission() as admission:
            attempt = CreateAttempt(
                prepared=self.prepared,
                service=self.service,
                log=CreateLog(self, self.service.now, self.stop),
                stop=self.stop,
                admission=admission,
                limits=self.limits,
            )
            return await attempt.run()

    @property
    def sent(self) -> int:
        return len(self.service.posts)

    @property
    def created(self) -> int:
        return len(self.service.effects)

    @property
    def calls(self) -> list[str]:
        return [call for call, _ in self.service.calls]

    @property
    def times(self) -> list[float]:
        return [time for _, time in self.service.calls]


READ: Final = "read"
POST: Final = "POST"
SETTLING: Final = [READ] * 4
"""What is read before it is believed that a create did not happen."""


def test_an_answer_is_believed() -> None:
    """A create that is answered is created, with its vetting and correlation id, in one POST."""
    trial = Trial()
    assert trial.settle() == CreateOutcome(Outcome.CREATED, "InReview", "correlation")
    assert trial.calls == [READ, POST]


@pytest.mark.parametrize("qualification", [EDUCATION, GCC, SOE])
@pytest.mark.parametrize(
    "fault",
    [after(LOST), after(UnreadableAnswer("no JSON"))],
    ids=["lost", "unreadable"],
)
def test_a_lost_answer_is_read_back(qualification: Qualification, fault: Fault) -> None:
    """What took effect is found by reading and not sent again, GCC neither."""
    trial = Trial(qualification, faults=[fault])
    settled = trial.settle()
    assert settled.outcome is Outcome.CREATED
    assert (trial.sent, trial.created) == (1, 1)


def test_a_lost_create_is_repeated_with_the_same_id() -> None:
    """What stays absent over the settling time is sent again, under the same request id."""
    trial = Trial(faults=[before(LOST)])
    assert trial.settle().outcome is Outcome.CREATED
    assert [post.request_id for post in trial.service.posts] == ["first", "first"]
    assert trial.calls == [READ, POST, *SETTLING, READ, POST]
    assert trial.created == 1


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_reads_may_lag_within_the_settling_time(lag: int) -> None:
    """Absence in the first reads is weak evidence: the later ones find the create."""
    trial = Trial(faults=[after(LOST)], lag=lag)
    trial.service.idempotent = False
    assert trial.settle().outcome is Outcome.CREATED
    assert (trial.sent, trial.created) == (1, 1)


def test_longer_lag_is_caught_by_the_request_id() -> None:
    """Where reads lag beyond the settling time, the id of the repeat prevents a second."""
    trial = Trial(faults=[after(LOST)], lag=9)
    assert trial.settle().outcome is Outcome.CREATED
    assert (trial.sent, trial.created) == (2, 1)


@pytest.mark.parametrize("lag", [0, 9])
def test_a_lost_gcc_create_is_never_repeated(lag: int) -> None:
    """GCC that stays absent is unknown, and the way out is told."""
    trial = Trial(GCC, faults=[after(LOST) if lag else before(LOST)], lag=lag)
    settled = trial.settle()
    assert settled.outcome is Outcome.UNKNOWN
    assert settled.message is not None
    assert "set it there by hand" in settled.message
    assert settled.correlation_id == "lost"
    assert trial.sent == 1


def test_gcc_is_repeated_where_nothing_happened() -> None:
    """A refused connection is no ambiguous failure."""
    trial = Trial(GCC, faults=[before(DOWN), before(DOWN)])
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.calls == [READ, POST] * 3


def test_a_service_that_stays_away_is_left_alone() -> None:
    """After five POSTs that certainly did nothing the step is not attempted, and says why."""
    trial = Trial(faults=[before(DOWN)] * 20)
    settled = trial.settle()
    assert settled.outcome is Outcome.NOT_ATTEMPTED
    assert settled.message == "nothing was created: no connection"
    assert settled.correlation_id == "down"
    assert trial.calls == [READ, POST] * 5


def test_answers_that_stay_lost_end_as_unknown() -> None:
    """At most five POSTs, each after a read-back, and a last look: then it may have happened."""
    trial = Trial(faults=[before(LOST)] * 20)
    settled = trial.settle()
    assert settled.outcome is Outcome.UNKNOWN
    assert settled.message is not None
    assert "run apply again" in settled.message
    assert trial.calls == [READ, POST, *([*SETTLING, READ, POST] * 4), *SETTLING]


def test_the_last_look_finds_the_last_try() -> None:
    """The fifth POST is read back, too."""
    trial = Trial(faults=[*[before(LOST)] * 4, after(LOST)])
    assert trial.settle().outcome is Outcome.CREATED
    assert (trial.sent, trial.created) == (5, 1)


def test_a_service_that_goes_down_ends_it() -> None:
    """Where nothing can be read back, nothing is sent again: an unseen customer isn't absent."""
    trial = Trial(faults=[after(LOST)], reads=[None, *[before(DOWN)] * 20])
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert (trial.sent, trial.created) == (1, 1)


def test_an_old_absence_is_no_evidence() -> None:
    """Only the last read-back counts: absent at first and unreadable after may be there by now."""
    trial = Trial(faults=[after(LOST)], lag=1, reads=[None, None, *[before(DOWN)] * 3])
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.sent == 1


def test_one_unreadable_answer_does_not_end_the_settling() -> None:
    """A read-back that fails is followed by the next."""
    trial = Trial(faults=[after(LOST)], reads=[None, before(UnreadableAnswer("HTML"))])
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.sent == 1


@pytest.mark.parametrize("error", [REFUSED, CustomerNotFound("gone", answered=REFUSED.answered)])
def test_a_definite_no_is_rejected(error: ReconcilerError) -> None:
    """The service's no ends the attempt, with its text and correlation id."""
    trial = Trial(faults=[before(error)])
    assert trial.settle() == CreateOutcome(Outcome.REJECTED, None, "no", error.message)
    assert trial.calls == [READ, POST]


def test_a_no_to_a_repeat_may_be_one_to_a_second_create() -> None:
    """Where the first try took effect after all, the no to the second doesn't make it rejected."""
    trial = Trial(faults=[after(LOST), before(REFUSED)], lag=6)
    trial.service.idempotent = False
    assert trial.settle().outcome is Outcome.CREATED
    assert (trial.sent, trial.created) == (2, 1)


def test_a_no_to_a_repeat_of_what_is_absent_is_rejected() -> None:
    """What stays absent after a no was refused: its request id is used up, and the next is new."""
    trial = Trial(faults=[before(LOST), before(REFUSED)])
    assert trial.settle() == CreateOutcome(Outcome.REJECTED, None, "no", "a definite no")


def test_a_no_that_can_not_be_read_back_is_unknown() -> None:
    """A no after a lost try is believed only where the customer can be read."""
    reads = [None] * 6 + [before(DOWN)] * 4
    trial = Trial(faults=[before(LOST), before(REFUSED)], reads=reads)
    assert trial.settle().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("error", "correlation_id"), [(SIGNED_OUT, "who"), (APP_ONLY, "app"), (NO_WAY_IN, None)]
)
def test_a_refused_sign_in_stops_everything(
    error: ReconcilerError, correlation_id: str | None
) -> None:
    """The step wasn't attempted, and the flag is raised with the error for the end of the run."""
    trial = Trial(faults=[before(error)])
    settled = trial.settle()
    assert settled == CreateOutcome(Outcome.NOT_ATTEMPTED, None, correlation_id, error.message)
    assert trial.stop
    assert trial.stop.error is error
    assert trial.sent == 1


def test_a_refused_sign_in_makes_no_doubt_certain() -> None:
    """After a lost try, a 401 to the repeat leaves it unknown."""
    trial = Trial(faults=[before(LOST), before(SIGNED_OUT)])
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.stop


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_refused_sign_in_ends_the_read_back(error: ReconcilerError) -> None:
    """No further read, no further POST, and the flag is raised."""
    trial = Trial(faults=[after(LOST)], reads=[None, before(error)])
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.stop.error is error
    assert trial.calls == [READ, POST, READ]


def test_a_raised_flag_lets_nothing_be_sent() -> None:
    """A create that wasn't sent when the flag was raised is not attempted."""
    trial = Trial()
    trial.stop.request("stopped by Ctrl-C")
    assert trial.settle().outcome is Outcome.NOT_ATTEMPTED
    assert trial.sent == 0


def test_a_create_that_waits_for_its_turn_is_not_sent_after_a_stop() -> None:
    """Ctrl-C reaches what was written down and handed over, but isn't on its way yet."""
    trial = Trial()

    async def interrupt() -> None:
        trial.stop.request("Ctrl-C")

    async def both() -> CreateOutcome:
        settled, _ = await asyncio.gather(trial.run(), interrupt())
        return settled

    settled = run_in_virtual_time(both())
    assert (settled.outcome, settled.message) == (Outcome.NOT_ATTEMPTED, "Ctrl-C")
    assert (trial.sent, trial.created) == (0, 0)


def test_a_raised_flag_ends_the_backing_off() -> None:
    """Ctrl-C isn't kept waiting by a service that asks for patience."""
    trial = Trial()
    trial.limits = RetryLimits(first_wait=3600, largest_wait=3600)
    trial.service.creates.append(Fault(DOWN, does=lambda: trial.stop.request("Ctrl-C")))
    assert trial.settle() == CreateOutcome(
        Outcome.NOT_ATTEMPTED, None, "down", "Ctrl-C", remedy=APPLY_AGAIN
    )
    assert trial.sent == 1


@pytest.mark.parametrize(
    ("took_effect", "outcome"), [(True, Outcome.CREATED), (False, Outcome.UNKNOWN)]
)
def test_what_is_in_flight_is_settled(outcome: Outcome, *, took_effect: bool) -> None:
    """After Ctrl-C a lost create is still read back, but not repeated."""
    trial = Trial()
    stopping = Fault(LOST, after=took_effect, does=lambda: trial.stop.request("Ctrl-C"))
    trial.service.creates.append(stopping)
    assert trial.settle().outcome is outcome
    assert trial.sent == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unavailable("later", answered=Answered(retry_after=121)), Outcome.NOT_ATTEMPTED),
        (OutcomeUnknown("later", answered=Answered(retry_after=121)), Outcome.UNKNOWN),
    ],
    ids=["throttled", "lost"],
)
def test_nobody_waits_for_ever(error: ReconcilerError, outcome: Outcome) -> None:
    """A Retry-After beyond the longest ends the attempt at once."""
    trial = Trial(faults=[before(error)])
    assert trial.settle().outcome is outcome
    assert trial.sent == 1


@pytest.mark.parametrize("doubt", [False, True])
def test_what_the_service_asks_for_is_waited(*, doubt: bool) -> None:
    """A repeat comes no sooner than Retry-After says, after a lost try neither."""
    asked = Unavailable("later", answered=Answered(retry_after=50))
    trial = Trial(faults=[*([before(LOST)] if doubt else []), before(asked)])
    assert trial.settle().outcome is Outcome.CREATED
    *_, refused, repeat = [time for call, time in trial.service.calls if call == POST]
    assert repeat - refused == pytest.approx(57 if doubt else 50.5)


def test_the_settling_waits_are_those_of_the_limits() -> None:
    """Each read-back waits its turn, so that reads can catch up with writes."""
    trial = Trial(faults=[before(LOST)])
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.times == [0, 0, 0, 1, 3, 7, 7, 7]


@pytest.mark.parametrize(("chance", "waits"), [(0.0, [0.25, 0.5, 1, 2]), (1.0, [0.5, 1, 2, 4])])
def test_each_wait_is_bounded(chance: float, waits: list[float]) -> None:
    """The waits double, and chance takes at most the half of each."""
    trial = Trial(faults=[before(DOWN)] * 5)
    trial.limits = RetryLimits(chance=lambda: chance)
    trial.settle()
    times = [time for call, time in trial.service.calls if call == POST]
    assert [after - then for then, after in pairwise(times)] == pytest.approx(waits)


def test_no_wait_is_longer_than_the_largest() -> None:
    """However many tries there are, the waits stop doubling."""
    trial = Trial(faults=[before(DOWN)] * 7)
    trial.limits = RetryLimits(posts=7, largest_wait=3, chance=lambda: 1.0)
    trial.settle()
    times = [time for call, time in trial.service.calls if call == POST]
    assert [after - then for then, after in pairwise(times)] == pytest.approx([0.5, 1, 2, 3, 3, 3])


@pytest.mark.parametrize("fault", [before(DOWN), before(LOST)])
def test_a_create_is_announced_once(fault: Fault) -> None:
    """However many POSTs it takes, the journal has one line of the create, and one of each POST."""
    trial = Trial(faults=[fault] * 2)
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.lines == ["sending first", *["posting first"] * 3]


def test_an_earlier_create_is_looked_for_first() -> None:
    """What an earlier run may have created is read back, and where it is there nothing is sent."""
    trial = Trial(doubtful=True)
    trial.service.put(CONTOSO, vetted("Education InReview"))
    message = "settled: the create of an earlier run is there"
    assert trial.settle() == CreateOutcome(Outcome.ALREADY_PRESENT, "InReview", None, message)
    assert trial.calls == [READ]


def test_an_earlier_create_that_is_absent_is_sent_again() -> None:
    """An earlier run's create that never showed is repeated after the settling time."""
    trial = Trial(doubtful=True)
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.calls == [*SETTLING, READ, POST]


def test_an_earlier_gcc_create_that_is_absent_is_not_sent() -> None:
    """An earlier run's GCC create stays unknown where it doesn't show."""
    trial = Trial(GCC, doubtful=True)
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.sent == 0


def test_the_first_reason_stands() -> None:
    """A flag that was raised keeps its first reason and error."""
    stop = StopSignal()
    stop.request("first", NO_WAY_IN)
    stop.request("second", SIGNED_OUT)
    assert (stop.reason, stop.error, bool(stop)) == ("first", NO_WAY_IN, True)


@pytest.mark.parametrize(
    ("fault", "outcome"), [(before(LOST), Outcome.UNKNOWN), (after(LOST), Outcome.CREATED)]
)
def test_a_doubtful_resubmission_is_never_repeated(fault: Fault, outcome: Outcome) -> None:
    """Three verifications are all there are: a denial that stays is unknown, after one POST."""
    trial = Trial(faults=[fault], resubmits=DENIED_ON)
    settled = trial.settle()
    assert settled.outcome is outcome
    assert trial.sent == 1
    if outcome is Outcome.UNKNOWN:
        assert "never sent again, as verifications are limited" in str(settled.message)


def test_an_earlier_resubmission_is_never_repeated() -> None:
    """Nor is it by a later run, as long as the denial stands."""
    trial = Trial(doubtful=True, resubmits=DENIED_ON)
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.sent == 0


def test_a_resubmission_under_the_old_date_is_seen() -> None:
    """The service may keep the date of the denial on what is in review again."""
    trial = Trial(resubmits=DENIED_ON)
    review = vetted("Education InReview", DENIED_ON)
    trial.service.creates.append(Fault(LOST, does=lambda: trial.service.put(CONTOSO, review)))
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.sent == 1


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("qualification", [EDUCATION, SOE])
def test_a_2xx_is_never_repeated(qualification: Qualification, status: int) -> None:
    """Taken, as it seems: where it stays absent it is unknown, and the journal remembers why."""
    taken = OutcomeUnknown("no such status was due", answered=Answered(status))
    trial = Trial(qualification, faults=[before(taken)])
    settled = trial.settle()
    assert settled.outcome is Outcome.UNKNOWN
    assert "the service took it" in str(settled.message)
    assert trial.lines == ["sending first", "posting first", "accepted first"]
    assert trial.calls == [READ, POST, *SETTLING]


@pytest.mark.parametrize("status", [199, 300, 302, 504, None])
def test_other_doubt_is_repeated(status: int | None) -> None:
    """A redirect may have passed it on, or not: the same id makes the repeat harmless."""
    doubt = OutcomeUnknown("who knows", answered=Answered(status))
    trial = Trial(faults=[before(doubt)])
    assert trial.settle().outcome is Outcome.CREATED
    assert trial.lines == ["sending first", "posting first", "posting first"]


def test_a_2xx_of_an_earlier_run_is_never_repeated() -> None:
    """The journal says that the service took it: where it is absent, nothing is sent."""
    trial = Trial(doubtful=True)
    trial.prepared = replace(trial.prepared, accepted=True)
    assert trial.settle().outcome is Outcome.UNKNOWN
    assert trial.sent == 0


@pytest.mark.parametrize("fault", [before(DOWN), before(LOST)])
@pytest.mark.parametrize(
    "appears", [vetted("Education InReview"), vetted("Nonprofit")], ids=["held", "moved"]
)
def test_what_appears_before_a_repeat_is_seen(fault: Fault, appears: LiveQualification) -> None:
    """What somebody else did while this waited is seen: the repeat is not sent."""
    trial = Trial()
    fault = replace(fault, does=lambda: trial.service.put(CONTOSO, appears))
    trial.service.creates.append(fault)
    settled = trial.settle()
    doubtful = fault.error is LOST
    held = appears.qualification == EDUCATION
    assert (
        settled.outcome
        is {
            (False, True): Outcome.ALREADY_PRESENT,
            (False, False): Outcome.NOT_ATTEMPTED,
            (True, True): Outcome.CREATED,
            (True, False): Outcome.UNKNOWN,
        }[doubtful, held]
    )
    assert trial.sent == 1


@pytest.mark.parametrize("fault", [before(DOWN), before(LOST), None])
def test_no_post_goes_without_a_read_of_its_own(fault: Fault | None) -> None:
    """The read is made in the POST's own turn, after the wait for the pace."""
    trial = Trial(faults=[fault] * 3)
    trial.settle()
    assert [post.read_in_turn for post in trial.service.posts] == [True] * trial.sent


RESUBMISSION: Final = Step(CONTOSO, "contoso", EDUCATION, resubmit_denial_of=DENIED_ON)
FIRST: Final = Step(CONTOSO, "contoso", EDUCATION)
APPROVED: Final = VettingStatus.APPROVED.value


@pytest.mark.parametrize(
    ("step", "entry", "shown"),
    [
        (FIRST, denied(), True),
        (FIRST, vetted("education Approved"), True),
        (FIRST, vetted("StateOwnedEntity"), False),
        (RESUBMISSION, denied(), False),
        (RESUBMISSION, denied(LATER), True),
        (RESUBMISSION, denied(None), False),
        (RESUBMISSION, LiveQualification("Education", APPROVED), True),
        (RESUBMISSION, LiveQualification("Education", "InReview", None, LATER), True),
        (RESUBMISSION, LiveQualification("Education", "InReview", None, DENIED_ON), True),
    ],
)
def test_what_shows_that_a_create_happened(
    step: Step, entry: LiveQualification, *, shown: bool
) -> None:
    """Any vetting shows a first create; a resubmission is, where the denial is gone."""
    assert (find_held(step, live(entry), sent=True) is not None) is shown
