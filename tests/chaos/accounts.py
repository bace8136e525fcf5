"""Settles what became of every create that was asked for; each is in exactly one count."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.promises import created_pairs
from tests.chaos.worlds import APPROVED, EDUCATION, GCC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.chaos.promises import Pair
    from tests.chaos.service import Truth
    from tests.chaos.worlds import Customer, Entry

BARRING: Final = frozenset(
    {"education-gcc-exclusive", "waits-for-gcc", "validation-code-exhausted"}
)
"""Findings that another's create, a GCC create left to a person, or a spent code bring about."""


@dataclass(slots=True)
class Declared:
    """What the manifests came to declare in the course of a run."""

    entries: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    creates: dict[Pair, set[str]] = field(default_factory=dict)
    """The creates asked for: a resubmission is told by the denial that it names."""

    def declare(self, customer: Customer, entries: tuple[Entry, ...]) -> None:
        self.entries[customer.customer_id] = entries
        for entry in entries:
            pair = (customer.customer_id, entry["qualification"])
            if APPROVED not in customer.live or pair[1] != APPROVED["qualification"]:
                self.creates.setdefault(pair, set()).add(entry.get("resubmitDenialOf", ""))

    def missing(self, truth: Truth) -> list[Pair]:
        """Find what is declared and isn't so yet."""
        return [
            (customer_id, entry["qualification"])
            for customer_id, entries in self.entries.items()
            for entry in entries
            if not _is_done(truth, (customer_id, entry["qualification"]), entry)
        ]


@dataclass(frozen=True, slots=True)
class Last:
    """What the last apply, with nothing wrong any more, said of what it left undone."""

    results: Mapping[Pair, Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    sent_once: frozenset[Pair] = frozenset()
    """What is never sent again, as far as the journal tells."""

    def names_finding(self, pair: Pair) -> bool:
        found = (
            (each["customerId"], each["qualification"], each["rule"]) for each in self.findings
        )
        return any((one, two) == pair and rule in BARRING for one, two, rule in found)


def sent_once(lines: Iterable[str]) -> frozenset[Pair]:
    """Find what is left to a person where it stays absent: GCC, a resubmission, what got a 2xx."""
    events = [json.loads(line) for line in lines]
    taken = {event["requestId"] for event in events if event["event"] == "accepted"}
    return frozenset(
        (event["customerId"], event["qualification"])
        for event in events
        if event["event"] == "sending"
        and (event["qualification"] == GCC or event["denial"] or event["requestId"] in taken)
    )


def settle(declared: Declared, truth: Truth, others: Counter[Pair], last: Last) -> Counter[str]:
    """Count by the words of the table; `created` is what this program made happen."""
    counts: Counter[str] = Counter()
    counts["asked for"] = sum(map(len, declared.creates.values()))
    for pair, count in created_pairs(truth).items():
        lawful = max(len(declared.creates.get(pair, ())), others[pair])
        counts["created twice"] += max(0, count - lawful)
        counts["created"] += count - others[pair]
    for pair in declared.missing(truth):
        counts[_fate(pair, last)] += 1
    told = sum(counts[each] for each in ("created", "rejected", "unknown", "barred", "lost"))
    counts["by others"] = counts["asked for"] + counts["created twice"] - told
    return counts


def _is_done(truth: Truth, pair: Pair, entry: Entry) -> bool:
    """A denial is done with a create too; not so the denial that is to be resubmitted."""
    held = truth.held(*pair)
    denial = entry.get("resubmitDenialOf")
    if held is None or denial is None or held.get("vettingStatus") != "Denied":
        return held is not None
    decided_on = datetime.fromisoformat(str(held["vettingCreatedDate"]))
    return decided_on > datetime.fromisoformat(denial)


def _fate(pair: Pair, last: Last) -> str:
    match _outcome(pair, last):
        case "rejected":
            return "rejected"
        case "unknown" if pair in last.sent_once:
            return "unknown"
        case "not-attempted" if _is_barred(pair[0], last):
            return "barred"
        case None if last.names_finding(pair):
            return "barred"
        case _:
            return "lost"


def _is_barred(customer_id: str, last: Last) -> bool:
    """Whether what goes before SOE was rejected, or was left to a person."""
    before = [(customer_id, GCC), (customer_id, EDUCATION)]
    return any(
        _outcome(each, last) == "rejected"
        or (_outcome(each, last) == "unknown" and each in last.sent_once)
        for each in before
    )


def _outcome(pair: Pair, last: Last) -> str | None:
    result = last.results.get(pair)
    return None if result is None else str(result["outcome"])
