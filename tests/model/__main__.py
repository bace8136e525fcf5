"""Explores the model of one create, and the real code; or shows what a rule is good for."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.model.crash_points.cases import (
    NOTHING_TO_GO_BY,
    PROMISED,
    broken,
    created_twice,
    without,
)
from tests.model.crash_points.code import in_memory
from tests.model.crash_points.explore import explore
from tests.model.crash_points.telling import describe, tell
from tests.model.crash_points.words import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.model.crash_points.state import Setting, State

DEEPER: Final = 2
"""How many faults and kills more `--deep` allows the model."""

CODE: Final = (2, 1)
CODE_DEEPER: Final = (3, 2)
"""How many faults and kills the real code meets; one more of each takes ten times as long."""


def main(arguments: Sequence[str]) -> int:
    """1 where a state is bad that no rule's absence explains."""
    parser = argparse.ArgumentParser("python -m tests.model", description=__doc__)
    parser.add_argument("--without", type=Rule, choices=list(Rule), help="take this rule out")
    parser.add_argument(
        "--deep",
        action="store_true",
        help="5 faults and 5 kills for the model, 3 and 2 for the code: some minutes on one core",
    )
    asked = parser.parse_args(arguments)
    more = DEEPER if asked.deep else 0
    if asked.without is not None:
        setting, is_bad = without(asked.without)
        _show(_deepened(setting, more), is_bad)
        return 0
    safe = [_show(_deepened(setting, more), broken) for setting in PROMISED]
    print("\nThe real code:")
    faults, kills = CODE_DEEPER if asked.deep else CODE
    started = time.perf_counter()
    states = sum(_show_code(replace(each, faults=faults, kills=kills)) for each in PROMISED)
    print(f"All of them: {states} states, {time.perf_counter() - started:.0f} s")
    print("\nWhere there is nothing to go by:")
    _show(_deepened(NOTHING_TO_GO_BY, more), created_twice)
    return 0 if all(safe) else 1


def _deepened(setting: Setting, more: int) -> Setting:
    return replace(setting, faults=setting.faults + more, kills=setting.kills + more)


def _show(setting: Setting, is_bad: Callable[[State], bool]) -> bool:
    started = time.perf_counter()
    explored = explore(setting, is_bad)
    took = time.perf_counter() - started
    bounds = f"{setting.faults} faults, {setting.kills} kills"
    print(f"{describe(setting)}; {bounds}: {explored.states} states, {took:.2f} s", end="; ")
    print("safe" if explored.story is None else "created twice:")
    for line in tell(explored.story or ()):
        print(line)
    return explored.story is None


def _show_code(setting: Setting) -> int:
    """Raises AssertionError, with the story, where the code does what the model lacks."""
    started = time.perf_counter()
    with in_memory(setting) as exploration:
        exploration.run()
    took = time.perf_counter() - started
    bounds = f"{setting.faults} faults, {setting.kills} kills"
    figures = f"{exploration.states} states, {exploration.plays} applies, {took:.0f} s"
    print(f"{describe(setting)}; {bounds}: {figures}; safe", flush=True)
    return exploration.states


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
