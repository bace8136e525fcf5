"""Findings of one rule that are told once, with the customers that they are about below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.rules import RULES
from reconciler.render.entries import CREATE, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.findings import Severity


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Entries of one rule with one remedy; `headline` is what they have in common."""

    rule: str
    severity: Severity
    headline: str
    remedy: str
    entries: tuple[Entry, ...]

    @property
    def customers(self) -> int:
        return len({entry.customer_id for entry in self.entries if entry.customer_id})

    def own_words(self, entry: Entry) -> str:
        """What `entry` says beyond the headline."""
        return "" if entry.message == self.headline else entry.message

    def row_words(self, entry: Entry) -> str:
        """What is told of `entry` beside its customer: all that the headline leaves out."""
        own = self.own_words(entry)
        if entry.kind == CREATE:
            return f"{entry.qualification}{f' ({entry.details})' if entry.details else ''}"
        named = entry.qualification in f"{self.headline} {own}"
        parts = ("" if named else entry.qualification, own, entry.particulars)
        return ", ".join(part for part in parts if part)

    def subject(self, entry: Entry) -> str:
        """The customer, and the qualification unless the headline or its own words name it."""
        named = entry.qualification in f"{self.headline} {self.own_words(entry)}"
        parts = (entry.name or entry.customer_id, "" if named else entry.qualification)
        return " ".join(part for part in parts if part) or "all customers"


def by_rule(entries: Iterable[Entry], *, singly: bool = False) -> tuple[RuleGroup, ...]:
    """Group in the order of each group's first entry; `singly`, each entry by itself."""
    found: dict[tuple[str, str, int], list[Entry]] = {}
    for place, entry in enumerate(entries):
        found.setdefault((entry.rule, entry.remedy, place if singly else 0), []).append(entry)
    return tuple(map(_group, found.values()))


def _group(entries: list[Entry]) -> RuleGroup:
    first = entries[0]
    known = RULES.get(first.rule)
    alike = all(entry.message == first.message for entry in entries)
    headline = first.message if alike or known is None else known.title
    return RuleGroup(first.rule, first.severity, headline, first.remedy, tuple(entries))
