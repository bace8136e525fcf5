"""Adds up what many runs came to, as one plain table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.chaos.stage import Played

COUNTS: Final = {
    "asked for": "creates asked for",
    "created": "  created",
    "by others": "  made true by other people",
    "rejected": "  rejected by the service",
    "unknown": "  unknown, never sent again: for a person",
    "barred": "  not lawful after one of these",
    "created twice": "created twice",
    "lost": "lost",
}
"""Every create asked for is in exactly one of the indented rows, or lost."""

KILLS: Final = "kills (SIGKILL)"
ROBBED: Final = "stateDir taken away"
APPLIES: Final = "applies that came to their own end"
HOW_MUCH: Final = ("runs", KILLS, ROBBED, APPLIES)

NAME_WIDTH: Final = 44
FIGURE_WIDTH: Final = 12


def table(played: Sequence[Played], seconds: float) -> str:
    """Lay the figures out: with idempotency on the service's side, without, and together."""
    sides = [
        _figures(each for each in played if each.idempotent),
        _figures(each for each in played if not each.idempotent),
        _figures(played),
    ]
    head = _row("", ["idempotent", "not", "all"])
    rows = [_row(name, [str(side[name]) for side in sides]) for name in sides[-1]]
    return "\n".join([head, *rows, _row("seconds", ["", "", f"{seconds:.0f}"])])


def _figures(played: Iterable[Played]) -> Counter[str]:
    figures: Counter[str] = Counter(dict.fromkeys(HOW_MUCH, 0))
    injected: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for each in played:
        figures["runs"] += 1
        figures[KILLS] += each.kills
        figures[ROBBED] += each.robbed
        figures[APPLIES] += each.applies
        injected.update(each.injected)
        counts.update(each.counts)
    figures["faults injected"] = injected.total()
    figures.update({f"  {kind}": injected[kind] for kind in sorted(injected)})
    figures.update({row: counts[name] for name, row in COUNTS.items()})
    return figures


def _row(name: str, figures: Sequence[str]) -> str:
    return f"{name:{NAME_WIDTH}}" + "".join(f"{figure:>{FIGURE_WIDTH}}" for figure in figures)
