"""SARIF 2.1.0 for code scanning: findings, and each step as a note on the line that asks for it.

Places are told relative to the git root. GitHub refuses a result without a place, so what has none
stands at the configuration, which every run has read or would.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from reconciler.model.findings import Severity, Source
from reconciler.model.rules import RULES, Rule
from reconciler.render.entries import Entry, plan_entries, report_entries, validation_entries
from reconciler.render.foreign_text import address_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LIMIT: Final = 25_000
"""Results of one run; GitHub refuses more ("SARIF results exceed one or more limits")."""

INFORMATION: Final = (
    "https://learn.microsoft.com/partner-center/developer/"
    "update-customer-qualification-asynchronous"
)
"""What the tool is about; it has no page of its own."""

_WORST_FIRST: Final = tuple(Severity)

SOURCE_ROOT: Final = "%SRCROOT%"

JsonObject = dict[str, Any]


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    return _rendered(plan_entries(document.plan), context, successful=document.plan.complete)


def render_report(report: ApplyReport, context: RenderContext) -> str:
    return _rendered(report_entries(report), context, successful=True)


def render_validation(validation: Validation, context: RenderContext) -> str:
    return _rendered(validation_entries(validation), context, successful=True)


def _rendered(entries: Sequence[Entry], context: RenderContext, *, successful: bool) -> str:
    worst = _worst(entries)
    rules = sorted({entry.rule for entry in worst})
    driver = {
        "name": "reconciler",
        "informationUri": INFORMATION,
        **({"version": context.tool_version} if context.tool_version else {}),
        "rules": [_rule(rule_id) for rule_id in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            SOURCE_ROOT: {"description": {"text": "The root of the repository."}}
        },
        "invocations": [
            {"executionSuccessful": successful, **_left_out(len(entries) - len(worst))}
        ],
        "results": list(_results(worst, rules, context)),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _worst(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Keep what GitHub takes of one run, errors before warnings before notes."""
    if len(entries) <= LIMIT:
        return entries
    return sorted(entries, key=lambda entry: _WORST_FIRST.index(entry.severity))[:LIMIT]


def _left_out(number: int) -> JsonObject:
    if not number:
        return {}
    words = f"{number} results more than code scanning takes; --format json has all."
    return {"toolExecutionNotifications": [{"level": "warning", "message": {"text": words}}]}


def _rule(rule_id: str) -> JsonObject:
    known = RULES.get(rule_id)
    if known is None:
        return {"id": rule_id}
    return {
        "id": known.id,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.meaning},
        "help": {"text": _help(known, "{}: "), "markdown": _help(known, "**{}:** ")},
        "defaultConfiguration": {"level": known.severity.value},
        "properties": {"tags": [known.category.value]} if known.category else {},
    }


def _help(known: Rule, heading: str) -> str:
    parts = (
        ("What it means", known.meaning),
        ("Why", known.why),
        ("Who says so", known.page),
        ("What to do", known.remedy),
    )
    return "\n\n".join(heading.format(title) + text for title, text in parts)


def _results(
    entries: Iterable[Entry], rules: Sequence[str], context: RenderContext
) -> Iterable[JsonObject]:
    index = {rule_id: place for place, rule_id in enumerate(rules)}
    seen: Counter[str] = Counter()
    for entry in entries:
        fingerprint = _fingerprint(entry)
        seen[fingerprint] += 1
        yield _result(entry, context, index[entry.rule], f"{fingerprint}:{seen[fingerprint]}")


def _result(entry: Entry, context: RenderContext, rule_index: int, fingerprint: str) -> JsonObject:
    return {
        "ruleId": entry.rule,
        "ruleIndex": rule_index,
        "level": entry.severity.value,
        "message": {"text": _message(entry)},
        "locations": [_location(entry.source, context)],
        "partialFingerprints": {
            "customerRuleQualification/v1": fingerprint,
            # The one that GitHub looks at; left to itself it would hash the line's surroundings.
            "primaryLocationLineHash": fingerprint,
        },
        "properties": _properties(entry),
    }


def _message(entry: Entry) -> str:
    about = f"{entry.subject}: " if entry.subject else ""
    particulars = f" ({entry.particulars})" if entry.particulars else ""
    remedy = f"\n{entry.remedy}" if entry.remedy else ""
    return _without_links(f"{about}{entry.message}{particulars}{remedy}")


def _without_links(text: str) -> str:
    """Part `](`: in a message, `[words](address)` is a link (SARIF 2.1.0, section 3.11.6)."""
    return text.replace("](", "] (")


def _fingerprint(entry: Entry) -> str:
    """Tell entries apart without lines: by customer, rule and qualification.

    What is about no customer is told apart by its file and message.
    """
    about = (entry.customer_id, entry.rule, entry.qualification)
    file = entry.source.file if entry.source else ""
    parts = about if entry.customer_id else (*about, file, entry.message)
    content = json.dumps(parts).encode()
    return hashlib.sha256(content).hexdigest()[:32]


def _location(source: Source | None, context: RenderContext) -> JsonObject:
    place = source or Source(context.configuration, 1, 1)
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(context.path(place)),
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _artifact(path: str) -> JsonObject:
    uri = address_path(path)
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": SOURCE_ROOT}


def _properties(entry: Entry) -> JsonObject:
    named = {
        "kind": entry.kind,
        "customerId": entry.customer_id,
        "name": entry.name,
        "qualification": entry.qualification,
        "remedy": entry.remedy,
    }
    return {name: value for name, value in named.items() if value}
