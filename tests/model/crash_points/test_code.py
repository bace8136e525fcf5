"""The real attempt, engine and journal do nothing that the model lacks, whatever befalls them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.applying.waits import RetryLimits
from tests.model.crash_points.cases import NOTHING_TO_GO_BY, PROMISED
from tests.model.crash_points.code import LIMITS, in_memory
from tests.model.crash_points.state import Setting
from tests.model.crash_points.telling import describe

IMPATIENT = RetryLimits(first_wait=0, largest_wait=0, settling_waits=(0.0,))


def bounded(setting: Setting) -> Setting:
    """Two faults and a kill: every pair of mishaps; `python -m tests.model --deep` goes further."""
    return replace(setting, faults=2, kills=1)


@pytest.mark.parametrize("setting", PROMISED, ids=describe)
def test_the_code_creates_nothing_twice(setting: Setting) -> None:
    """Each answer kept, lost or late, each line torn, killed or stopped at each point."""
    with in_memory(bounded(setting)) as exploration:
        exploration.run()
    assert exploration.states > 300


@pytest.mark.parametrize(
    ("setting", "limits", "forgetful"),
    [
        (NOTHING_TO_GO_BY, LIMITS, False),
        (Setting(honours=False), IMPATIENT, False),
        (Setting(), LIMITS, True),
    ],
    ids=["nothing to go by", "no settling time", "a journal that isn't read"],
)
def test_what_goes_wrong_is_seen(setting: Setting, limits: RetryLimits, *, forgetful: bool) -> None:
    """Where a rule is broken, or nothing is promised, the real code is caught at it."""
    with (
        in_memory(bounded(setting), limits, forgetful=forgetful) as exploration,
        pytest.raises((AssertionError, BaseExceptionGroup)) as caught,
    ):
        exploration.run()
    error: BaseException = caught.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert str(error).startswith(("created twice: ", "the model lacks"))
