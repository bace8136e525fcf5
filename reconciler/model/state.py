"""Desired and live state as data: what a person wants, and what Partner Center says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from reconciler.model.findings import Source

CustomerId = NewType("CustomerId", str)
"""The customer's tenant id: a GUID in lower case."""

MILLISECOND: Final = 1000
"""Microseconds."""


class Qualification(StrEnum):
    """As the wire spells them ("Update a customer's qualifications asynchronously")."""

    EDUCATION = "Education"
    GCC = "GovernmentCommunityCloud"
    SOE = "StateOwnedEntity"
    NONPROFIT = "Nonprofit"
    NONE = "None"


class EducationSegment(StrEnum):
    K12 = "K12"
    HIGHER_EDUCATION = "HigherEducation"


class VettingStatus(StrEnum):
    """Those of "Get a customer's qualification asynchronously"; the set is open."""

    IN_REVIEW = "InReview"
    APPROVED = "Approved"
    DENIED = "Denied"


_STATUSES: Final = {known.casefold(): known for known in VettingStatus}
_QUALIFICATIONS: Final = {known.casefold(): known for known in Qualification}


def known_qualification(name: str) -> Qualification | None:
    """Find the qualification that `name` spells in any case; None where it is unknown."""
    return _QUALIFICATIONS.get(name.casefold())


def known_status(status: str) -> VettingStatus | None:
    """Find the vetting status that `status` spells in any case; None where it is unknown."""
    return _STATUSES.get(status.casefold())


def format_instant(instant: datetime) -> str:
    """ISO 8601 in UTC, with as many digits of a second as it takes."""
    utc = instant.astimezone(UTC)
    if utc.microsecond % MILLISECOND:
        precision = "microseconds"
    else:
        precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class CodeReference:
    """Where a GCC validation code is. Exactly one of the two is set; never the code."""

    env: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        return f"env {self.env}" if self.env is not None else f"file {self.file}"


@dataclass(frozen=True, slots=True)
class DesiredQualification:
    qualification: Qualification
    source: Source
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code_from: CodeReference | None = None
    resubmit_denial_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A rule whose findings are advisories for a customer, to the end of the day `until`."""

    rule: str
    until: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredCustomer:
    """One manifest. `source` is the place of `customerId`."""

    customer_id: CustomerId
    name: str
    qualifications: tuple[DesiredQualification, ...]
    source: Source
    qualifications_source: Source
    domain: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    accept: frozenset[Acceptance] = frozenset()


@dataclass(frozen=True, slots=True)
class DesiredState:
    customers: tuple[DesiredCustomer, ...]

    @property
    def by_id(self) -> Mapping[CustomerId, DesiredCustomer]:
        return {customer.customer_id: customer for customer in self.customers}


@dataclass(frozen=True, slots=True)
class LiveQualification:
    """One element of the qualifications answer; known names are in their wire spelling."""

    qualification: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created: datetime | None = None
    odd_date: str | None = None
    """What the service tells as vetting date, quoted, where that can't be read as one."""

    @property
    def documented_status(self) -> VettingStatus | None:
        """None where it has no vetting status, and where no page lists the one that it has."""
        return None if self.vetting_status is None else known_status(self.vetting_status)

    @property
    def denied(self) -> bool:
        return self.documented_status is VettingStatus.DENIED

    @property
    def held(self) -> bool:
        """Denied isn't held, nor is `None`, which some answers carry for no qualification."""
        return not self.denied and known_qualification(self.qualification) is not Qualification.NONE


@dataclass(frozen=True, slots=True)
class LiveCustomer:
    qualifications: tuple[LiveQualification, ...]

    @property
    def by_name(self) -> Mapping[str, LiveQualification]:
        """One of each name, under it in lower case and in its order, not the answer's.

        Should the service tell a name twice, what is held counts, and of those the newest.
        """
        if len(self.qualifications) == 1:  # as most customers have it, and there are many
            (only,) = self.qualifications
            return {only.qualification.casefold(): only}
        ascending = sorted(self.qualifications, key=_sort_key)
        latest = {each.qualification.casefold(): each for each in ascending}
        return {name: latest[name] for name in sorted(latest)}

    @property
    def distinct(self) -> tuple[LiveQualification, ...]:
        return tuple(self.by_name.values())

    def find(self, qualification: str) -> LiveQualification | None:
        """Find one by its name in any case."""
        return self.by_name.get(qualification.casefold())


def _sort_key(live: LiveQualification) -> tuple[bool, datetime, str, str, str]:
    return (
        live.held,
        live.vetting_created or datetime.min.replace(tzinfo=UTC),
        live.vetting_status or "",
        live.vetting_reason or "",
        live.qualification,
    )


@dataclass(frozen=True, slots=True)
class UnreadableCustomer:
    """A customer whose qualifications could not be read: never to be taken for an empty one."""

    not_found: bool
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class CustomerDomain:
    domain: str | None


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """`status` is None where the service says that there is no account status."""

    status: str | None


@dataclass(frozen=True, slots=True)
class CustomerAgreement:
    confirmed: bool


@dataclass(frozen=True, slots=True)
class NotChecked:
    reason: str
    app_only: bool = False
    """True where the sign-in is app-only and the call wants app+user."""
    remedy: str = ""
    """The way out of this very cause, where there is one."""


@dataclass(frozen=True, slots=True)
class SideChecks:
    """Answers of the side checks of one customer; None where a check was not asked for."""

    domain: CustomerDomain | NotChecked | None = None
    account_status: CustomerAccount | NotChecked | None = None
    customer_agreement: CustomerAgreement | NotChecked | None = None


@dataclass(frozen=True, slots=True)
class Verifications:
    """How often a customer's Education is known to have been asked to be verified."""

    known: int
    uncounted: str | None = None
    """What could not be counted, in words."""


@dataclass(frozen=True, slots=True)
class LiveState:
    customers: Mapping[CustomerId, LiveCustomer | UnreadableCustomer]
    checks: Mapping[CustomerId, SideChecks] = field(default_factory=lambda: MappingProxyType({}))
    unreadable_codes: frozenset[tuple[CustomerId, CodeReference]] = frozenset()
    """The codes that can't be read where the plan is made."""
    exhausted_codes: frozenset[tuple[CustomerId, CodeReference]] = frozenset()
    """The codes that have no creates left for this customer's."""
    code_uses: NotChecked | None = None
    """Why the creates that codes have left could not be read, if that was tried."""
    verifications: Mapping[CustomerId, Verifications] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Of customers with a resubmission."""


@dataclass(frozen=True, slots=True)
class CustomerSummary:
    """One customer of the partner's list."""

    customer_id: CustomerId
    name: str
    domain: str | None
