"""Faults fire at the calls they are meant for, the same way each time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.creates import CreateRules
from reconciler.emulator.fault_script import FaultContext, FaultPlan, FaultScript
from reconciler.emulator.faults import Lag, read_faults
from reconciler.emulator.routing import CallName
from reconciler.model.secret import Secret
from tests.emulator.worlds import EDUCATION, PLAIN, script

READ = FaultContext(CallName.READ_QUALIFICATIONS, "GET", PLAIN, Secret("user"))
CREATE = FaultContext(CallName.CREATE_QUALIFICATION, "POST", PLAIN, Secret("user"))
OTHER = FaultContext(CallName.READ_QUALIFICATIONS, "GET", EDUCATION, Secret("user"))
LIST = FaultContext(CallName.CUSTOMERS, "GET", None, None)
CONTEXTS = [READ, CREATE, OTHER, LIST]


def faulty(*faults: dict[str, object], seed: int = 0) -> FaultScript:
    return FaultScript(read_faults(script(*faults, seed=seed)))


def ended(faults: FaultScript, contexts: list[FaultContext]) -> list[bool]:
    return [faults.plan_for(context).ending is not None for context in contexts]


def test_without_faults_nothing_fires() -> None:
    """An empty script leaves every call alone."""
    assert FaultScript().plan_for(READ) == FaultPlan()


@pytest.mark.parametrize(
    ("matcher", "hit"),
    [
        ({}, [True, True, True, True]),
        ({"call": "any"}, [True, True, True, True]),
        ({"call": "readQualifications"}, [True, False, True, False]),
        ({"customer": PLAIN.upper()}, [True, True, False, False]),
        ({"method": "POST"}, [False, True, False, False]),
        ({"method": "GET", "customer": PLAIN}, [True, False, False, False]),
    ],
)
def test_a_fault_fires_at_what_it_matches(matcher: dict[str, object], hit: list[bool]) -> None:
    """call, customer and method all have to match."""
    assert ended(faulty({"kind": "refuse"} | matcher), CONTEXTS) == hit


def test_times_and_after_count_the_matching_calls() -> None:
    """The first `after` matches pass, the next `times` fail, the rest pass."""
    faults = faulty({"kind": "refuse", "call": "readQualifications", "after": 1, "times": 2})
    assert ended(faults, [READ, CREATE, READ, LIST, OTHER, READ]) == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]


def test_the_first_that_fires_ends_the_call() -> None:
    """Later faults don't see a call that is ended: they follow one after another."""
    faults = faulty({"kind": "throttle", "times": 2}, {"kind": "refuse", "times": 1})
    endings = [faults.plan_for(READ).ending for _ in range(4)]
    kinds = [ending.kind if ending is not None else None for ending in endings]
    assert kinds == ["throttle", "throttle", "refuse", None]


def test_what_does_not_end_a_call_adds_up() -> None:
    """Delays add up, lag and idempotency join, and an ending may follow."""
    faults = faulty(
        {"kind": "delay", "seconds": 1},
        {"kind": "delay", "seconds": 2.5},
        {"kind": "delay", "seconds": 4, "effect": "after"},
        {"kind": "lag", "reads": 3},
        {"kind": "no-idempotency", "duplicates": "accept"},
        {"kind": "drop-after"},
    )
    plan = faults.plan_for(CREATE)
    assert (plan.wait_before, plan.wait_after) == (3.5, 4)
    assert plan.lag == Lag(kind="lag", reads=3)
    assert plan.rules == CreateRules(honour_request_id=False, refuse_duplicates=False)
    assert plan.ending is not None


def test_duplicates_stay_refused_where_nothing_is_said() -> None:
    """no-idempotency alone only forgets request ids."""
    plan = faulty({"kind": "no-idempotency"}).plan_for(CREATE)
    assert plan.rules == CreateRules(honour_request_id=False)


def test_lag_and_idempotency_are_for_creates() -> None:
    """Without a call these two match creates only."""
    assert (
        faulty({"kind": "lag", "reads": 3}, {"kind": "no-idempotency"}).plan_for(READ)
        == FaultPlan()
    )


def test_a_token_expires_after_so_many_calls() -> None:
    """Each token is good for `after` calls; another one is good again."""
    faults = faulty({"kind": "expire-token", "after": 2})
    second = FaultContext(CallName.CUSTOMERS, "GET", None, Secret("second"))
    assert ended(faults, [READ, READ, READ, CREATE, second, second, READ, second]) == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
        True,
    ]


def test_only_so_many_tokens_expire() -> None:
    """`times` is the number of tokens, not of calls."""
    faults = faulty({"kind": "expire-token", "times": 1})
    second = FaultContext(CallName.CUSTOMERS, "GET", None, Secret("second"))
    assert ended(faults, [READ, READ, second, second, READ]) == [True, True, False, False, True]


def test_a_call_without_a_token_has_none_to_expire() -> None:
    """expire-token leaves a call without a token to the service."""
    assert ended(faulty({"kind": "expire-token"}), [LIST]) == [False]


LIMIT = {"kind": "rate-limit", "perMinute": 120, "burst": 3}


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        ([0, 0, 0, 0], [False, False, False, True]),
        ([0, 0, 0, 0.4, 0.5, 0.6, 1.0], [False, False, False, True, False, True, False]),
        ([0, 0, 0, 60, 60, 60, 60], [False] * 6 + [True]),
        ([9, 9, 9, 3, 9.4], [False] * 3 + [True, False]),
    ],
    ids=["a burst", "what is refused is not counted", "no deeper than a burst", "back in time"],
)
def test_a_rate_limit_refuses_what_is_beyond_it(at: list[float], refused: list[bool]) -> None:
    """A bucket of three requests that gains one each half second."""
    contexts = [replace(READ, at=each) for each in at]
    assert ended(faulty(LIMIT), contexts) == refused


def test_a_rate_limit_counts_what_it_matches() -> None:
    """Other calls pass and take nothing from it; those let pass by `after` neither."""
    limit = faulty(LIMIT | {"call": "readQualifications", "burst": 1, "after": 1})
    assert ended(limit, [READ, CREATE, READ, CREATE, READ]) == [False, False, False, False, True]


CHANCE = {"kind": "refuse", "probability": 0.5}


@given(st.integers(0, 2**32), st.permutations([READ] * 6 + [OTHER] * 6))
def test_chance_is_repeatable_in_any_order(seed: int, contexts: list[FaultContext]) -> None:
    """Each customer's calls fail alike, however they are mixed with another's."""
    mixed = list(zip(contexts, ended(faulty(CHANCE, seed=seed), contexts), strict=True))
    for one in (READ, OTHER):
        alone = ended(faulty(CHANCE, seed=seed), [one] * 6)
        assert [hit for context, hit in mixed if context is one] == alone


@pytest.mark.parametrize(("probability", "hit"), [(0, 0), (1, 200), (0.25, 50)])
def test_chance_is_about_as_said(probability: float, hit: int) -> None:
    """Never and always are exact, and a quarter is about a quarter."""
    hits = ended(faulty({"kind": "refuse", "probability": probability}), [READ] * 200)
    assert sum(hits) == pytest.approx(hit, abs=20 if 0 < probability < 1 else 0)


def test_seeds_and_faults_draw_differently() -> None:
    """Another seed fires at other calls."""
    drawn = [ended(faulty(CHANCE, seed=seed), [READ] * 40) for seed in range(4)]
    assert all(one != other for one, other in pairwise(drawn))


def test_times_limits_chance() -> None:
    """With both, chance fires `times` times at most."""
    assert sum(ended(faulty(CHANCE | {"times": 3}), [READ] * 100)) == 3


def test_what_struck_is_counted_until_restarted() -> None:
    """Each fault tells how often it fired; a restart begins the script anew."""
    faults = faulty({"kind": "throttle", "times": 1}, {"kind": "lag", "reads": 1})
    first = ended(faults, [CREATE, CREATE])
    assert faults.injected() == [
        {"kind": "throttle", "call": "any", "injected": 1},
        {"kind": "lag", "call": "createQualification", "injected": 1},
    ]
    faults.restart()
    assert [told["injected"] for told in faults.injected()] == [0, 0]
    assert ended(faults, [CREATE, CREATE]) == first
