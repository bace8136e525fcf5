"""`reconciler explain RULE`: what a rule means, why the service is so, and what to do."""

from __future__ import annotations

from difflib import get_close_matches

import click

from reconciler.cli.completion import complete_rule
from reconciler.cli.help import Command
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import write
from reconciler.model.errors import UsageError
from reconciler.model.rules import REPORT_RULES, RULES, Rule


@click.command(cls=Command, help="Tell what a rule means, why, and what to do.")
@click.argument("rule", required=False, shell_complete=complete_rule)
@click.option("--list", "all_rules", is_flag=True, help="Name all rules, with what each says.")
@global_options
def command(_flags: Globals, rule: str | None, *, all_rules: bool) -> int:
    if all_rules == (rule is not None):
        raise UsageError("name a rule, or give --list", "`reconciler explain --list` names them")
    write(_explain(_find(rule)) if rule is not None else _list_rules())
    return 0


def _find(name: str) -> Rule:
    """Find a rule by its name; UsageError that names the nearest one."""
    known = RULES.get(name)
    if known is None:
        likely = [each for each in RULES if name in each] or RULES
        nearest, *_ = get_close_matches(name, likely, 1, cutoff=0)
        hint = f"did you mean {nearest}? `reconciler explain --list` names them all"
        raise UsageError(f"there is no rule {name!r}", hint)
    return known


def _list_rules() -> str:
    widest = max(map(len, RULES))
    headings = dict.fromkeys(map(_raised_by, RULES.values()))
    return "\n".join(
        f"{heading}:\n"
        + "".join(_listed(each, widest) for each in RULES.values() if _raised_by(each) == heading)
        for heading in headings
    )


def _listed(rule: Rule, width: int) -> str:
    return f"  {rule.id:<{width}}  {rule.title}\n"


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
