"""The verb apply: what is refused, what is resumed, and what it ends in."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.journal import Journal
from reconciler.applying.lock import hold_lock
from reconciler.documents.digest import plan_digest
from reconciler.documents.plan_file import save_plan
from reconciler.model.errors import (
    JournalRefused,
    LockHeld,
    NotApproved,
    PlanRefused,
    ReconcilerError,
    Unavailable,
)
from reconciler.model.plan import Outcome, Plan, Scope
from reconciler.model.state import CustomerId, DesiredState, Qualification, VettingStatus
from reconciler.operations.apply import ApplyRequest, apply
from tests.fake_partner_center import (
    DAWN,
    Fault,
    before,
)
from tests.operations.bench import (
    BOTH,
    CREATED,
    DOWN,
    NO_WAY_IN,
    PRESENT,
    SIGNED_OUT,
    UNKNOWN,
    UNSENT,
    Bench,
)
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    SKIP,
    SOE,
    TARGET,
    customer,
    denied,
    education,
    gcc,
    vetted,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.plan import PlanDocument
    from reconciler.model.state import LiveQualification


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


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_run_that_met_an_error_does_not_end_in_0(bench: Bench, error: ReconcilerError) -> None:
    """Without a step left, a refused sign-in at the settling still makes it 1."""
    bench.kill(faults=2, took_effect=True)
    bench.service.reads.append(before(error))
    assert bench.apply() == 1
    assert bench.outcomes == []


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
