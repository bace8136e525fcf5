"""What a manifest accepts for its customer: such findings advise, for as long as it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Category, Finding
from reconciler.planning.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.state import Acceptance, DesiredCustomer

WARNED_BEFORE: Final = timedelta(days=14)
"""How long before its end an acceptance begins to be warned of."""


def with_acceptances(
    customer: DesiredCustomer, findings: Iterable[Finding], today: date
) -> Iterable[Finding]:
    """Make advisories of what is accepted today; what was accepted until earlier counts again."""
    if not customer.accept:
        return findings
    lasting = {each.rule: each for each in sorted(customer.accept, key=_end)}
    return [
        _accepted(each, lasting[each.rule], today) if each.rule in lasting else each
        for each in findings
    ]


def _end(acceptance: Acceptance) -> tuple[date, str]:
    """Order by the end: should a rule be accepted twice, the longer one holds."""
    return acceptance.until or date.max, acceptance.reason or ""


def _accepted(finding: Finding, acceptance: Acceptance, today: date) -> Finding:
    until, reason = acceptance.until, f" ({acceptance.reason})" if acceptance.reason else ""
    if until is not None and today > until:
        message = f"{finding.message}; it was accepted until {until}{reason} and counts again"
        return replace(finding, message=message)
    advisory = replace(finding, category=Category.ADVISORY, severity=SEVERITIES[Category.ADVISORY])
    if until is None:
        return (
            replace(advisory, message=f"{finding.message}; accepted{reason}")
            if reason
            else advisory
        )
    if until - today > WARNED_BEFORE:
        return replace(advisory, message=f"{finding.message}; accepted until {until}{reason}")
    message = f"{finding.message}; accepted only until {until}{reason}, then it counts again"
    remedy = (
        f"Before {until} is over: write a later `until` if it still holds, or: {finding.remedy}"
    )
    return replace(advisory, message=message, remedy=remedy)
