"""The shape of a status, for writing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reconciler.documents.shape import (
    FORMAT_VERSION,
    Instant,
    JsonObject,
    Shape,
    WithoutAbsent,
    dump,
)
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerId,
    UnreadableCustomer,
)

if TYPE_CHECKING:
    from reconciler.model.status import CustomerStatus, StatusReport


def status_to_document(report: StatusReport) -> JsonObject:
    return dump(_Status.of(report))


class _LiveQualification(WithoutAbsent):
    qualification: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created: Instant | None = Field(None, alias="vettingCreatedDate")


class _CustomerStatus(Shape):
    customer_id: CustomerId
    name: str
    qualifications: tuple[_LiveQualification, ...] | None
    unreadable: str | None
    """Why the qualifications could not be read; they are null then, and never empty."""
    account_status: str | None
    customer_agreement: bool | None
    may_purchase: bool | None
    explanation: str

    @classmethod
    def of(cls, customer: CustomerStatus) -> _CustomerStatus:
        account, agreement = customer.checks.account_status, customer.checks.customer_agreement
        unread = customer.live.message if isinstance(customer.live, UnreadableCustomer) else None
        held = tuple(map(_LiveQualification.model_validate, customer.qualifications))
        return cls(
            customer_id=customer.customer_id,
            name=customer.name,
            qualifications=held if unread is None else None,
            unreadable=unread,
            account_status=account.status if isinstance(account, CustomerAccount) else None,
            customer_agreement=(
                agreement.confirmed if isinstance(agreement, CustomerAgreement) else None
            ),
            may_purchase=customer.may_purchase,
            explanation=customer.explanation,
        )


class _Status(Shape):
    format_version: str
    kind: Literal["Status"]
    address: str
    read_at: Instant
    customers: tuple[_CustomerStatus, ...]

    @classmethod
    def of(cls, report: StatusReport) -> _Status:
        return cls(
            format_version=FORMAT_VERSION,
            kind="Status",
            address=report.address,
            read_at=report.read_at,
            customers=tuple(map(_CustomerStatus.of, report.customers)),
        )
