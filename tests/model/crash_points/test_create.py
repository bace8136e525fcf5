"""What promise 4 rests on: in every state of the model, within three faults and three kills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.model.__main__ import main
from tests.model.crash_points.cases import (
    NEEDED_IN,
    NOTHING_TO_GO_BY,
    PROMISED,
    broken,
    created_twice,
    sent_again,
    without,
)
from tests.model.crash_points.explore import explore
from tests.model.crash_points.telling import describe
from tests.model.crash_points.words import Event, Rule

if TYPE_CHECKING:
    from tests.model.crash_points.state import Setting


@pytest.mark.parametrize("setting", PROMISED, ids=describe)
def test_nothing_is_created_twice_where_it_is_promised(setting: Setting) -> None:
    """Nor is anything sent again that must never be; thousands of states were looked at."""
    explored = explore(setting, broken)
    assert explored.story is None
    assert explored.states > 5000


def test_with_nothing_to_go_by_a_lost_answer_becomes_a_second_create() -> None:
    """No request id honoured, reads that lag: nine steps, one fault, no kill."""
    story = explore(NOTHING_TO_GO_BY, created_twice).story
    assert story is not None
    assert [move.event for move in story][-5:] == [
        Event.LOST,
        Event.ABSENT,
        Event.ABSENT,
        Event.POST,
        Event.KEPT,
    ]
    assert len(story) == 9


def test_what_got_a_2xx_is_never_sent_again_even_then() -> None:
    """In the only setting that promises nothing else."""
    assert explore(NOTHING_TO_GO_BY, sent_again).story is None


@pytest.mark.parametrize("rule", Rule)
def test_no_rule_can_be_spared(rule: Rule) -> None:
    """Without it something is created twice, where it was safe with it."""
    story = explore(*without(rule)).story
    assert story is not None
    assert created_twice(story[-1].state)
    assert NEEDED_IN[rule] in (*PROMISED, NOTHING_TO_GO_BY)


def test_the_story_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbered, with who does it and under which request id."""
    assert main(["--without", "lock"]) == 0
    told = capsys.readouterr().out
    assert "created twice:\n 1. apply A starts, and reads the journal (MS-RequestId 1)\n" in told
    assert "apply B POSTs the create (MS-RequestId 2)" in told
