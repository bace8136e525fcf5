"""A status as rows of words, the same for every format for people; it escapes for no format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.state import (
    CustomerAgreement,
    UnreadableCustomer,
    VettingStatus,
    format_instant,
)
from reconciler.render.foreign_text import label, shown
from reconciler.render.phrases import count

if TYPE_CHECKING:
    from reconciler.model.state import LiveQualification
    from reconciler.model.status import CustomerStatus, StatusReport

HEADINGS: Final = ("customer", "qualifications", "may buy", "agreement")

UNCONFIRMED: Final = (
    "its account status lets it buy, but no Microsoft Customer Agreement is confirmed: until one "
    "is, it can't"
)
YES_OR_NO: Final = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One customer. `advice` says why it may not buy, and what could be resubmitted.

    All text is one neutral line of bounded length.
    """

    name: str
    customer_id: str
    qualifications: tuple[str, ...]
    may_buy: str
    agreement: str
    advice: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return (
            self.name,
            ", ".join(self.qualifications) or "none",
            self.may_buy,
            self.agreement,
        )


def status_rows(report: StatusReport) -> tuple[StatusRow, ...]:
    return tuple(map(_row, report.customers))


def _row(customer: CustomerStatus) -> StatusRow:
    name = label(customer.name)
    if isinstance(customer.live, UnreadableCustomer):
        unread = (_unread(customer.live),)
        return StatusRow(
            name, customer.customer_id, ("not read",), "not known", "not known", unread
        )
    agreement = customer.checks.customer_agreement
    confirmed = agreement.confirmed if isinstance(agreement, CustomerAgreement) else None
    return StatusRow(
        name,
        customer.customer_id,
        tuple(map(_qualification, customer.qualifications)),
        YES_OR_NO[customer.may_purchase],
        YES_OR_NO[confirmed],
        (
            *_purchase(customer, confirmed),
            *filter(None, map(_resubmission, customer.qualifications)),
        ),
    )


def _unread(live: UnreadableCustomer) -> str:
    return shown(f"{live.message}; {live.remedy}" if live.remedy else live.message)


def _qualification(live: LiveQualification) -> str:
    if live.vetting_status is None:
        return label(live.qualification)
    since = f" since {live.vetting_created.date()}" if live.vetting_created else ""
    reason = f': "{live.vetting_reason}"' if live.vetting_reason else ""
    return label(f"{live.qualification} {live.vetting_status}{since}{reason}")


def _purchase(customer: CustomerStatus, confirmed: bool | None) -> tuple[str, ...]:
    if customer.may_purchase and confirmed is False:
        return (UNCONFIRMED,)
    if customer.may_purchase:
        return ()
    verb = "may not buy" if customer.may_purchase is False else "whether it may buy is not known"
    return (shown(f"{verb}: {customer.explanation}"),)


def _resubmission(live: LiveQualification) -> str | None:
    """Give the line that approves one resubmission of exactly this denial."""
    if live.qualification != "Education" or not live.denied or live.vetting_created is None:
        return None
    denial = format_instant(live.vetting_created)
    why = f' ("{live.vetting_reason}")' if live.vetting_reason else ""
    return shown(
        f"denied{why}; its data corrected, this approves one resubmission: "
        f"resubmitDenialOf: {denial}"
    )


def headline(report: StatusReport) -> str:
    """Say in one line what all of them come to."""
    customers = report.customers
    statuses = [
        each.documented_status for customer in customers for each in customer.qualifications
    ]
    unread = sum(isinstance(each.live, UnreadableCustomer) for each in customers)
    may = [each.may_purchase for each in customers]
    parts = (
        (statuses.count(VettingStatus.IN_REVIEW), "in review"),
        (statuses.count(VettingStatus.DENIED), "denied"),
        (may.count(True), "may buy"),
        (may.count(False), "may not buy"),
        (may.count(None), "not known"),
        (unread, "not read"),
    )
    counted = ", ".join(f"{number} {words}" for number, words in parts if number)
    return f"Status: {count(len(customers), 'customer')}" + (f"; {counted}" if counted else "")
