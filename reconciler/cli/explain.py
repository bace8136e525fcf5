"""`reconciler explain RULE`: what a rule means, why the service is so, and what to do."""

from __future__ import annotations

from difflib import get_close_matches

import click

from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import write
from reconciler.model.errors import UsageError
from reconciler.model.rules import REPORT_RULES, RULES, Rule


@click.command(help="Tell what a rule means, why, and what to do.")
@click.argument("rule")
@global_options
def command(_flags: Globals, rule: str) -> int:
    if rule not in RULES:
        close = get_close_matches(rule, RULES, 1)
        hint = f"did you mean {close[0]}?" if close else f"rules: {', '.join(sorted(RULES))}"
        raise UsageError(f"there is no rule {rule!r}", hint)
    write(_explain(RULES[rule]))
    return 0


def _explain(rule: Rule) -> str:
    return (
        f"{rule.id} ({_raised_by(rule)}, {rule.severity.value})\n\n"
        f"{rule.title}\n\n{rule.meaning}\n\n"
        f"Why: {rule.why}\n\nSource: {rule.page}\n\nWhat to do: {rule.remedy}\n"
    )


def _raised_by(rule: Rule) -> str:
    if rule.category is not None:
        return rule.category.value
    return "told in reports" if rule.id in REPORT_RULES else "validate only"
