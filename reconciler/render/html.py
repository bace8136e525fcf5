"""One self-contained page: it loads nothing, and shows everything without scripts too.

The page's policy lets run only the style and the script that are part of it, told by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.model.rules import RULES
from reconciler.model.state import format_instant
from reconciler.render.entries import (
    CREATE,
    OUTCOMES_WORST_FIRST,
    WORST_FIRST,
    Entry,
    plan_entries,
    report_entries,
)
from reconciler.render.foreign_text import label
from reconciler.render.phrases import (
    CATEGORY_WORDS,
    incomplete_words,
    plan_headline,
    report_headline,
    selection_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.model.rules import Rule
    from reconciler.render.context import RenderContext

TEMPLATE: Final = "page.html.jinja"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A kind of entry that a reader can choose to see; `words` say what it means."""

    kind: str
    label: str
    words: str
    number: int


@dataclass(frozen=True, slots=True)
class _Customer:
    anchor: str
    title: str
    customer_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    headline: str
    warning: str
    facts: tuple[tuple[str, str], ...]
    outcomes: tuple[_Outcome, ...]
    customers: tuple[_Customer, ...]
    rules: tuple[Rule, ...]


def render_plan(document: PlanDocument, _: RenderContext) -> str:
    plan = document.plan
    entries = plan_entries(plan)
    kinds = {CREATE: "will be sent by apply", **{k.value: w for k, w in CATEGORY_WORDS.items()}}
    order = (CREATE, *(category.value for category in WORST_FIRST))
    facts = (
        ("Partner Center", label(plan.target.address)),
        ("Partner's tenant", label(plan.target.tenant_id or "")),
        ("Selection", selection_words(plan.selection)),
        ("Made", f"{format_instant(document.created_at)} by reconciler {document.tool_version}"),
        ("Digest", label(document.digest)),
    )
    return _rendered(
        _Page(
            title="Plan",
            headline=plan_headline(plan).removeprefix("Plan: "),
            warning=incomplete_words(plan),
            facts=tuple((name, value) for name, value in facts if value),
            outcomes=_outcomes(entries, [(kind, kinds[kind]) for kind in order]),
            customers=_customers(entries),
            rules=_rules(entries),
        )
    )


def render_report(report: ApplyReport, _: RenderContext) -> str:
    entries = report_entries(report)
    kinds = [(kind.value, RULES[f"outcome-{kind}"].title) for kind in OUTCOMES_WORST_FIRST]
    return _rendered(
        _Page(
            title="Apply",
            headline=report_headline(report).removeprefix("Apply: "),
            warning="",
            facts=(
                ("Started", format_instant(report.started_at)),
                ("Finished", _finished(report)),
                ("Digest of the plan", label(report.plan_digest)),
            ),
            outcomes=_outcomes(entries, kinds),
            customers=_customers(entries),
            rules=_rules(entries),
        )
    )


def _finished(report: ApplyReport) -> str:
    return "not yet" if report.finished_at is None else format_instant(report.finished_at)


def _outcomes(entries: Iterable[Entry], kinds: Sequence[tuple[str, str]]) -> tuple[_Outcome, ...]:
    found = [entry.kind for entry in entries]
    return tuple(
        _Outcome(kind, _kind_label(kind), words, found.count(kind))
        for kind, words in kinds
        if kind in found
    )


def _kind_label(kind: str) -> str:
    return "to create" if kind == CREATE else kind.replace("-", " ")


def _customers(entries: Iterable[Entry]) -> tuple[_Customer, ...]:
    """Group by customer, in the order of each one's first entry."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.customer_id, []).append(entry)
    return tuple(_customer(key, found) for key, found in groups.items())


def _customer(customer_id: str, entries: Sequence[Entry]) -> _Customer:
    return _Customer(
        anchor=f"customer-{customer_id}" if customer_id else "all-customers",
        title=(entries[0].name or customer_id) if customer_id else "All customers",
        customer_id=customer_id,
        entries=tuple(entries),
    )


def _rules(entries: Iterable[Entry]) -> tuple[Rule, ...]:
    """Look up what the entries refer to, in the catalogue's order."""
    named = {entry.rule for entry in entries}
    return tuple(known for known in RULES.values() if known.id in named)


def _rendered(page: _Page) -> str:
    environment = Environment(
        loader=PackageLoader("reconciler.render", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["policy_hash"] = _policy_hash
    environment.filters["kind_label"] = _kind_label
    environment.filters["code_parts"] = _code_parts
    return environment.get_template(TEMPLATE).render(page=page)


def _policy_hash(content: str) -> str:
    """Write the source expression that allows exactly this inline content."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _code_parts(text: str) -> list[tuple[str, bool]]:
    """Part a text at its backticks; the second of each pair tells whether the part is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, place % 2 == 1) for place, part in enumerate(parts)]
