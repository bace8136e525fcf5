"""How much of the permitted rate the pace uses, in simulation, over the whole grid of services.

Nothing waits and nothing is sent. Run it by `python -m tests.benchmarks pacing` for its rows, by
`python -m tests.benchmarks.pacing` for every cell (two minutes): the share of the permitted rate
and the percentage of requests refused. `!` marks what is below 0.85 or above 5 % where the limit is
unknown, 0.95 and 1 % where it is configured; `-` where no pace could keep that (see `ToldPace`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.benchmarks.table import Due, Row
from tests.partner_center.pacing_grid import (
    EVENTS,
    GRID,
    PER_MINUTE,
    Case,
    Event,
    can_be_kept,
    cells,
    outcome,
)
from tests.partner_center.test_own_refusals import ODD, Service, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

READS: Final = (400, 2000, 20_000)
NAMED: Final = (("bucket 1", 1800), ("bucket 1", 9000), ("sliding 12, counted", 1500))
RETRY_AFTER: Final = 5


def rows(*, quick: bool) -> Iterator[Row]:
    for known in (True, False):
        for limit, per_minute in NAMED:
            yield row_of_cell(Case(limit, per_minute, 400 if quick else 2000, "steady", known))
    yield row_of_own_refusals()
    for known in (True, False):
        # A limit that changes or is shared is not the one that was configured.
        for event in EVENTS[:2] if known else EVENTS:
            yield row_of_grid(event, READS[:1] if quick else READS, known=known)


def row_of_cell(case: Case) -> Row:
    run = outcome(case)
    least, most = (0.95, 0.01) if case.known else (0.85, 0.05)
    return Row(
        f"pace: {case}",
        f"{run.share:.2f} of the permitted rate",
        f"{run.refused:.1%} refused",
        run.share,
        Due(least),
        ((f"at most {most:.0%} refused", run.refused <= most),),
    )


def row_of_own_refusals() -> Row:
    without, _ = reading(Service(), paced=True)
    seconds, became = reading(Service(ODD, retry_after=RETRY_AFTER), paced=True)
    waits = 2 * (RETRY_AFTER + 1)
    return Row(
        f"pace: one customer in {ODD} answers 429 twice by itself",
        f"{seconds:.1f} s, of which own waits {waits} s",
        f"{without:.1f} s without",
        max(seconds - waits, 0.0) / without,
        Due(3, at_most=True),
        (("all are read", set(became) == {"LiveCustomer"}),),
    )


def row_of_grid(event: Event, sizes: Sequence[int], *, known: bool) -> Row:
    """How many cells use what is due of those that can: all of these are due."""
    counts = [counts_of_grid(event, reads, known=known) for reads in sizes]
    reached, few, possible = (", ".join(map(str, each)) for each in zip(*counts, strict=True))
    share, refused = ("0.95", "1 %") if known else ("0.85", "5 %")
    return Row(
        f"pace: {event}, {'set' if known else 'unknown'}; {', '.join(f'{n:,}' for n in sizes)}",
        f"{reached} cells use {share} ({few} refuse at most {refused})",
        f"{possible} can",
        sum(reached for reached, _, _ in counts) / sum(possible for _, _, possible in counts),
        Due(1.0),
    )


def counts_of_grid(event: Event, reads: int, *, known: bool) -> tuple[int, int, int]:
    outcomes = [(case, outcome(case)) for case in cells(event, reads, known=known)]
    short = [case for case, run in outcomes if not case.reaches(run)]
    held = sum(case.holds(run) for case, run in outcomes)
    possible = len(outcomes) - sum(not can_be_kept(case) for case in short)
    return len(outcomes) - len(short), held, possible


def cell(case: Case) -> str:
    run = outcome(case)
    mark = " " if case.holds(run) else "!" if can_be_kept(case) else "-"
    return f"{min(run.share, 9.99):5.2f} {100 * run.refused:4.1f}{mark}"


def main() -> None:
    columns = " ".join(f"{rate:>5}/{reads:<5}" for rate in PER_MINUTE for reads in READS)
    for known in (True, False):
        for event in EVENTS[:2] if known else EVENTS:
            title = f"{'set' if known else 'unknown'}, {event}"
            print(f"{title:24}{columns}   (a minute/reads)")
            for limit in GRID:
                line = [
                    cell(Case(limit, per_minute, reads, event, known))
                    for per_minute in PER_MINUTE
                    for reads in READS
                ]
                print(f"  {limit:22}{' '.join(line)}", flush=True)


if __name__ == "__main__":
    main()
