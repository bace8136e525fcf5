"""What the offline Partner Center knows: the seed's world and what changed. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the store's type adapter reads it at run time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reconciler.model.secret import Secret

PARTNER_ID: Final = "0b6f1d8c-53a4-4f0e-9d7a-2f8e6c1b4a90"
UNQUALIFIED: Final = "None"
DENIED: Final = "denied"


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal: how a validation code is kept, never in clear."""
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the qualifications answer. The wire has two spellings for the date."""

    qualification: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created_date: str | None = None
    vetting_create_date: str | None = None

    def names(self, qualification: str) -> bool:
        return self.qualification.casefold() == qualification.casefold()

    @property
    def held(self) -> bool:
        """Denied or `None` isn't held."""
        denied = self.vetting_status is not None and self.vetting_status.casefold() == DENIED
        return not denied and not self.names(UNQUALIFIED)

    @property
    def vetted_since(self) -> datetime | None:
        text = self.vetting_created_date or self.vetting_create_date
        return None if text is None else read_instant(text)


def read_instant(text: str) -> datetime:
    """Read ISO 8601; UTC where no zone is told, digits past the microsecond dropped."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CustomerQualifications:
    """The qualifications of one customer, and how often Education was verified."""

    elements: tuple[Element, ...] = ()
    verifications: int = 0

    def element(self, qualification: str) -> Element | None:
        return next((element for element in self.elements if element.names(qualification)), None)

    def holds(self, qualification: str) -> bool:
        element = self.element(qualification)
        return element is not None and element.held


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of the seed. `customer_id` is in lower case."""

    customer_id: str
    name: str
    domain: str | None = None
    qualifications: CustomerQualifications = field(default_factory=CustomerQualifications)
    account_status: str | None = None
    customer_agreement: bool = False
    cloud_agreement: bool = False
    direct_signed: bool = False


@dataclass(frozen=True, slots=True)
class ValidationCode:
    """A code of GCC, and the creates that it is good for."""

    text: Secret
    creates: int


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One operation of the partner's: by whom, with which MS-CorrelationId, and how it ended."""

    customer_id: str
    qualification: str
    operation_date: str
    user: str | None = None
    application_id: str | None = None
    correlation_id: str | None = None
    operation: str = "update_customer_qualification"
    status: str = "succeeded"

    @property
    def instant(self) -> datetime:
        return read_instant(self.operation_date)

    @property
    def day(self) -> date:
        return self.instant.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class World:
    """The seed. `codes` are found by their digests; an audit record shows after `audit_delay`."""

    customers: Mapping[str, Customer] = field(default_factory=lambda: MappingProxyType({}))
    codes: Mapping[str, ValidationCode] = field(default_factory=lambda: MappingProxyType({}))
    audit_records: tuple[AuditRecord, ...] = ()
    audit_delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Response:
    """What goes over the wire but for the headers that every answer has."""

    status: int
    body: str
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers with the type of the body; of two with one name the later counts."""
        given = {name.lower(): text for name, text in self.headers}
        return {"content-type": self.content_type} | given


@dataclass(frozen=True, slots=True)
class Changes:
    """What runs changed over the seed. `answers` are kept for repeats of the same request id.

    Each create that took effect is one of `audit_records`.
    """

    qualifications: Mapping[str, CustomerQualifications] = field(default_factory=dict)
    uses: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Response] = field(default_factory=dict)
    audit_records: tuple[AuditRecord, ...] = ()

    def with_qualifications(self, customer_id: str, changed: CustomerQualifications) -> Changes:
        return replace(self, qualifications={**self.qualifications, customer_id: changed})


UNCHANGED: Final = Changes()


@dataclass(frozen=True, slots=True)
class Live:
    """The world with what runs changed: all that a read looks at."""

    world: World
    changes: Changes


def qualifications_of(world: World, changes: Changes, customer_id: str) -> CustomerQualifications:
    """The qualifications of a customer of the world, `customer_id` in lower case."""
    changed = changes.qualifications.get(customer_id)
    return changed if changed is not None else world.customers[customer_id].qualifications
