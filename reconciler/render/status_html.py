"""A status as one self-contained page: all customers at a glance, then a grid to search and filter.

The rows are data that the page's own script draws as text: a page of ten thousand customers stays
under two megabytes, and no foreign text is ever markup.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from reconciler.model.state import (
    Qualification,
    UnreadableCustomer,
    VettingStatus,
    format_instant,
)
from reconciler.render.foreign_text import label
from reconciler.render.html import environment
from reconciler.render.status_rows import headline, status_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.state import LiveQualification
    from reconciler.model.status import CustomerStatus, StatusReport
    from reconciler.render.context import RenderContext
    from reconciler.render.status_rows import StatusRow

TEMPLATE: Final = "status.html.jinja"
COLUMNS: Final = (Qualification.EDUCATION, Qualification.GCC, Qualification.SOE)
HEADINGS: Final = ("Education", "GCC", "State-owned", "Other", "May buy")

WORST_FIRST: Final = ("denied", "odd", "review", "held")

Cell = tuple[str, str] | None
"""The state that colours it, and its words; None where there is nothing."""


@dataclass(frozen=True, slots=True)
class _Page:
    headline: str
    address: str
    read_at: str
    headings: tuple[str, ...]
    customers: Markup


def render_status(report: StatusReport, _: RenderContext) -> str:
    pairs = zip(report.customers, status_rows(report), strict=True)
    page = _Page(
        headline(report),
        label(report.address),
        format_instant(report.read_at),
        HEADINGS,
        _data([_customer(customer, row) for customer, row in pairs]),
    )
    return environment().get_template(TEMPLATE).render(page=page)


def _customer(customer: CustomerStatus, row: StatusRow) -> list[object]:
    """What the page's script takes a customer apart into; what is empty at the end is left out."""
    cells = [_cell(customer.qualifications, column) for column in COLUMNS]
    cells.append(_others(customer.qualifications))
    parts: list[object] = [row.name, row.customer_id, _state(customer, cells), cells]
    parts += [row.may_buy, row.agreement]
    return [*parts, row.advice] if row.advice else parts


def _state(customer: CustomerStatus, cells: Iterable[Cell]) -> str:
    if isinstance(customer.live, UnreadableCustomer):
        return "unread"
    states = {cell[0] for cell in cells if cell is not None}
    return next((state for state in WORST_FIRST if state in states), "none")


def _cell(live: Iterable[LiveQualification], column: Qualification) -> Cell:
    found = next((each for each in live if each.qualification == column), None)
    return None if found is None else (_colour(found), label(_words(found)))


def _others(live: Iterable[LiveQualification]) -> Cell:
    found = [each for each in live if each.qualification not in COLUMNS]
    if not found:
        return None
    return (_colour(found[0]), label(", ".join(each.qualification for each in found)))


def _words(live: LiveQualification) -> str:
    since = f" {live.vetting_created.date()}" if live.vetting_created else ""
    return f"{live.vetting_status or 'held'}{since}"


def _colour(live: LiveQualification) -> str:
    match live.documented_status:
        case VettingStatus.DENIED:
            return "denied"
        case VettingStatus.IN_REVIEW:
            return "review"
        case VettingStatus.APPROVED:
            return "held"
        case None:
            return "held" if live.vetting_status is None else "odd"


def _data(customers: list[list[object]]) -> Markup:
    """JSON that can end no script element, whatever text it holds."""
    text = json.dumps(customers, ensure_ascii=False, separators=(",", ":"))
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704 - escaped for where it stands, the line above
