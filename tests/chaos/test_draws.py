"""What a chaos run draws depends on its seed alone, so that a broken one can be played again."""

from __future__ import annotations

from reconciler.emulator.faults import read_faults
from reconciler.emulator.seed import read_seed
from tests.chaos.faults import MOST_SLOWING, SETTLED, draw_faults, draw_lag, lag_seconds, nature
from tests.chaos.programs import draw_moment
from tests.chaos.stage import drawing
from tests.chaos.worlds import draw_world


def test_the_same_seed_draws_the_same() -> None:
    """World, faults and moments; another seed draws others."""
    one, two, other = (drawing(seed, 7, "world") for seed in (1, 1, 2))
    drawn = [
        (draw_world(each), draw_faults(each, idempotent=True, slowing=True), draw_moment(each, 3))
        for each in (one, two, other)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_emulator_takes_what_is_drawn() -> None:
    """Every seed and every faults document, with and without idempotency."""
    for number in range(50):
        random = drawing(3, number, "world")
        read_seed(draw_world(random).seed)
        for idempotent in (True, False):
            read_faults(draw_faults(random, idempotent=idempotent, slowing=True))


def test_reads_lag_in_every_run() -> None:
    """Behind each create; what slows down strikes a few times at most, or not at all."""
    for idempotent in (True, False):
        assert SETTLED[2] in nature(SETTLED[2], idempotent=idempotent)
        faults = draw_faults(drawing(5), idempotent=idempotent, slowing=False)["faults"]
        assert isinstance(faults, list)
        assert all(fault["kind"] != "throttle" for fault in faults)
        slowing = draw_faults(drawing(5), idempotent=idempotent, slowing=True)["faults"]
        assert isinstance(slowing, list)
        throttles = [fault for fault in slowing if fault["kind"] == "throttle"]
        assert all(fault["times"] <= MOST_SLOWING or "after" in fault for fault in throttles)


def test_without_idempotency_reads_catch_up_in_time() -> None:
    """The last of the four reads that settle a create shows it: the terms of the promise."""
    lags = [draw_lag(drawing(each), idempotent=False) for each in range(100)]
    assert all(each.get("reads", 0) <= 3 and lag_seconds(each) < 7 for each in lags)
    assert {lag_seconds(each) for each in lags} >= {0, 2.0, 5.5}
    patient = [lag_seconds(draw_lag(drawing(each), idempotent=True)) for each in range(100)]
    assert max(patient) > 7


def test_outages_and_storms_are_drawn() -> None:
    """In some runs every create fails for a while, in some every call is told to wait."""
    drawn = [draw_faults(drawing(each), idempotent=True, slowing=True) for each in range(50)]
    told = " ".join(map(str, drawn))
    assert "'call': 'createQualification', 'after'" in told
    assert "'retryAfter': 1, 'call': 'any', 'after'" in told
