"""Makes the findings of a plan from the catalogue of rules: category, severity and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from reconciler.model.findings import Category, Finding, Severity, Vetting
from reconciler.model.rules import rule

if TYPE_CHECKING:
    from reconciler.model.findings import Source
    from reconciler.model.state import LiveQualification

SEVERITIES: Final = {
    Category.IMPOSSIBLE: Severity.ERROR,
    Category.BLOCKED: Severity.ERROR,
    Category.DENIED: Severity.ERROR,
    Category.UNREADABLE: Severity.ERROR,
    Category.PENDING: Severity.NOTE,
    Category.ADVISORY: Severity.WARNING,
}


class NamedCustomer(Protocol):
    """Whoever a finding is about: a manifest's customer, one of the list, another finding's."""

    @property
    def customer_id(self) -> str | None: ...

    @property
    def name(self) -> str | None: ...


def make_finding(  # noqa: PLR0913 - a finding has this many parts, all named
    rule_id: str,
    customer: NamedCustomer | None,
    message: str,
    *,
    source: Source | None = None,
    qualification: str | None = None,
    category: Category | None = None,
    remedy: str | None = None,
    live: LiveQualification | None = None,
) -> Finding:
    """Make a finding of the catalogue's category and remedy unless others are given."""
    entry = rule(rule_id)
    kind = category or entry.category or Category.ADVISORY
    return Finding(
        rule=rule_id,
        category=kind,
        severity=SEVERITIES[kind],
        message=message,
        remedy=remedy or entry.remedy,
        customer_id=None if customer is None else customer.customer_id,
        name=None if customer is None else customer.name,
        qualification=qualification,
        source=source,
        live=None if live is None else _vetting(live),
    )


def _vetting(live: LiveQualification) -> Vetting:
    return Vetting(live.vetting_status, live.vetting_reason, live.vetting_created)
