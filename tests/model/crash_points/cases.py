"""In which settings what is promised, and in which one each rule is needed; it explores nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tests.model.crash_points.state import ALL_RULES, Setting, State
from tests.model.crash_points.words import Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

PROMISED: Final = tuple(
    Setting(kind, honours, settles)
    for kind, honours, settles in product(Kind, (True, False), (True, False))
    if honours or settles or kind is not Kind.PLAIN
)
"""The service honours request ids, or its reads settle in time, or the create is never repeated."""

NOTHING_TO_GO_BY: Final = Setting(Kind.PLAIN, honours=False, settles=False)


def created_twice(state: State) -> bool:
    return state.effects > 1


def sent_again(state: State) -> bool:
    """Tell of a GCC create, a resubmission, or what got a 2xx: doubtful, and sent once more."""
    return state.again


def broken(state: State) -> bool:
    return created_twice(state) or sent_again(state)


def twice_by_sending_again(state: State) -> bool:
    return created_twice(state) and sent_again(state)


NEEDED_IN: Final = MappingProxyType(
    {
        Rule.JOURNAL_FIRST: Setting(),
        Rule.SAME_ID: Setting(settles=False),
        Rule.LOOK: Setting(honours=False),
        Rule.SETTLING: Setting(honours=False),
        Rule.GCC: Setting(Kind.GCC, honours=False, settles=False),
        Rule.RESUBMISSION: Setting(Kind.RESUBMISSION, honours=False, settles=False),
        Rule.ACCEPTED: NOTHING_TO_GO_BY,
        Rule.FRESH: Setting(),
        Rule.LOCK: Setting(),
    }
)
"""For each rule a setting that is safe with it, and not without."""


def without(rule: Rule) -> tuple[Setting, Callable[[State], bool]]:
    """Take a rule out where it is needed, and tell what goes wrong then.

    Where there is nothing to go by, only what was sent again after a 2xx is this rule's doing.
    """
    setting = replace(NEEDED_IN[rule], rules=ALL_RULES - {rule})
    return setting, twice_by_sending_again if rule is Rule.ACCEPTED else created_twice
