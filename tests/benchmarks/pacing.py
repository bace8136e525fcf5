"""How much of the permitted rate the pace uses, in simulation, over the whole grid of services.

Run it by `python -m tests.benchmarks.pacing`. Nothing waits and nothing is sent. A cell is the
share of the permitted rate and the percentage of requests refused; `!` marks what is below 0.85 and
above 5 % where the limit is unknown, 0.95 and 1 % where it is configured.
"""

from __future__ import annotations

from typing import Final, get_args

from tests.partner_center.pacing_simulation import LIMITS, Case, Event, outcome

PER_MINUTE: Final = (60, 500, 1800, 9000)
READS: Final = (300, 400, 2000, 20_000)
EVENTS: Final[tuple[Event, ...]] = get_args(Event)


def cell(case: Case) -> tuple[str, bool]:
    run = outcome(case)
    share, refused = (0.95, 0.01) if case.known else (0.85, 0.05)
    kept = run.share >= share and run.refused <= refused
    return f"{min(run.share, 9.99):5.2f} {100 * run.refused:4.1f}{' ' if kept else '!'}", kept


def row(limit: str, event: Event, *, known: bool) -> tuple[str, int, int]:
    cells = [
        cell(Case(limit, per_minute, reads, event, known))
        for per_minute in PER_MINUTE
        for reads in READS
    ]
    return " ".join(text for text, _ in cells), sum(kept for _, kept in cells), len(cells)


def main() -> None:
    columns = " ".join(f"{rate:>5}/{reads:<5}" for rate in PER_MINUTE for reads in READS)
    for known in (True, False):
        # A limit that changes or is shared is not the one that was configured.
        for event in EVENTS[:2] if known else EVENTS:
            title = f"{'set' if known else 'unknown'}, {event}"
            print(f"{title:24}{columns}   (a minute/reads)")
            total = held = 0
            for limit in LIMITS:
                text, kept, cells = row(limit, event, known=known)
                total, held = total + cells, held + kept
                print(f"  {limit:22}{text}")
            print(f"  {held} of {total} cells hold")


if __name__ == "__main__":
    main()
