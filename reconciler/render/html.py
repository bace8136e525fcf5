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
    of_kind,
    plan_entries,
    report_entries,
)
from reconciler.render.foreign_text import label
from reconciler.render.groups import RuleGroup, by_rule
from reconciler.render.phrases import (
    CATEGORY_WORDS,
    apply_command,
    applying_words,
    digest_text,
    incomplete_words,
    plan_headline,
    report_headline,
    selection_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.findings import Severity
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.model.rules import Rule
    from reconciler.render.context import RenderContext

TEMPLATE: Final = "page.html.jinja"


@dataclass(frozen=True, slots=True)
class _Row:
    """One entry; `target` is the anchor of its customer's first row, `anchor` its own if any."""

    anchor: str
    target: str
    customer_id: str
    title: str
    words: str
    place: str
    address: str


@dataclass(frozen=True, slots=True)
class _Group:
    headline: str
    rule: str
    remedy: str
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries of one kind, which a reader can choose to see; `words` say what it means."""

    kind: str
    label: str
    words: str
    severity: Severity
    groups: tuple[_Group, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    headline: str
    warning: str
    parts: tuple[_Part, ...]
    closing: str
    applying: str
    command: str
    facts: tuple[tuple[str, str], ...]
    digest_of: str
    digest: str
    rules: tuple[Rule, ...]


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    plan = document.plan
    entries = plan_entries(plan)
    kinds = {CREATE: "what apply will send"} | {k.value: w for k, w in CATEGORY_WORDS.items()}
    order = (CREATE, *(category.value for category in WORST_FIRST))
    facts = (
        ("Partner Center", label(plan.target.address)),
        ("Partner's tenant", label(plan.target.tenant_id or "")),
        ("Selection", selection_words(plan.selection)),
        ("Made", f"{format_instant(document.created_at)} by reconciler {document.tool_version}"),
    )
    return _rendered(
        _Page(
            title="Plan",
            headline=plan_headline(plan).removeprefix("Plan: "),
            warning=incomplete_words(plan),
            parts=_parts(entries, [(kind, kinds[kind]) for kind in order], context),
            closing="How it is applied",
            applying=applying_words(plan),
            command=label(apply_command(document)),
            facts=tuple((name, value) for name, value in facts if value),
            digest_of="Digest",
            digest=label(document.digest),
            rules=_rules(entries),
        )
    )


def render_report(report: ApplyReport, context: RenderContext) -> str:
    entries = report_entries(report)
    kinds = [(kind.value, RULES[f"outcome-{kind}"].title) for kind in OUTCOMES_WORST_FIRST]
    return _rendered(
        _Page(
            title="Apply",
            headline=report_headline(report).removeprefix("Apply: "),
            warning="",
            parts=_parts(entries, kinds, context),
            closing="About this run",
            applying="",
            command="",
            facts=(("Started", format_instant(report.started_at)), ("Finished", _finished(report))),
            digest_of="Digest of the plan",
            digest=digest_text(report),
            rules=_rules(entries),
        )
    )


def _finished(report: ApplyReport) -> str:
    return "not yet" if report.finished_at is None else format_instant(report.finished_at)


def _parts(
    entries: Iterable[Entry], kinds: Sequence[tuple[str, str]], context: RenderContext
) -> tuple[_Part, ...]:
    found = [(kind, words, of_kind(entries, kind)) for kind, words in kinds]
    anchored: set[str] = set()
    return tuple(
        _part(kind, words, shown, anchored, context) for kind, words, shown in found if shown
    )


def _part(
    kind: str, words: str, entries: Sequence[Entry], anchored: set[str], context: RenderContext
) -> _Part:
    groups = by_rule(entries, singly=context.verbose and kind != CREATE)
    return _Part(
        kind=kind,
        label="to create" if kind == CREATE else kind.replace("-", " "),
        words=words,
        severity=entries[0].severity,
        groups=tuple(_group(group, anchored, context) for group in groups),
    )


def _group(group: RuleGroup, anchored: set[str], context: RenderContext) -> _Group:
    rows = tuple(_row(group, entry, anchored, context) for entry in group.entries)
    return _Group(group.headline, group.rule, group.remedy, rows)


def _row(group: RuleGroup, entry: Entry, anchored: set[str], context: RenderContext) -> _Row:
    """Give the first row of each customer its permalink."""
    target = f"customer-{entry.customer_id}" if entry.customer_id else "all-customers"
    first = target not in anchored
    anchored.add(target)
    return _Row(
        anchor=target if first else "",
        target=target,
        customer_id=entry.customer_id,
        title=entry.name or entry.customer_id or "All customers",
        words=group.row_words(entry),
        place=entry.place,
        address=context.web_address(entry.source),
    )


def _rules(entries: Iterable[Entry]) -> tuple[Rule, ...]:
    """Look up what the entries refer to, in the catalogue's order."""
    named = {entry.rule for entry in entries}
    return tuple(known for known in RULES.values() if known.id in named)


def _rendered(page: _Page) -> str:
    return environment().get_template(TEMPLATE).render(page=page)


def environment() -> Environment:
    """What fills a page in: everything is escaped, and what is missing is an error."""
    made = Environment(
        loader=PackageLoader("reconciler.render", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["policy_hash"] = _policy_hash
    made.filters["code_parts"] = _code_parts
    return made


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
