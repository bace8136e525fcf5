"""Decides what one customer's declared and live qualifications become; knows no side checks.

What the service allows is said by its page "Update a customer's qualifications asynchronously";
that Education and GCC exclude each other, by its archived SDK.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.plan import Step
from reconciler.model.policy import Undeclared
from reconciler.model.remedies import NO_RESUBMISSION
from reconciler.model.state import (
    LiveQualification,
    Qualification,
    VettingStatus,
    format_instant,
)
from reconciler.planning.findings import make_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reconciler.model.findings import Finding
    from reconciler.model.policy import Policy
    from reconciler.model.state import DesiredCustomer, DesiredQualification, LiveCustomer

ORDER: Final = (
    Qualification.EDUCATION,
    Qualification.GCC,
    Qualification.SOE,
    Qualification.NONPROFIT,
    Qualification.NONE,
)
"""Education or GCC comes before SOE: GCC asks for a customer without a qualification."""

RIVALS: Final = {
    Qualification.EDUCATION: Qualification.GCC,
    Qualification.GCC: Qualification.EDUCATION,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What one customer becomes. `advisories` belong to its steps and go where those go."""

    steps: tuple[Step, ...] = ()
    advisories: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    in_sync: int = 0


NOTHING: Final = Decision()
IN_SYNC: Final = Decision(in_sync=1)


def decide(customer: DesiredCustomer, live: LiveCustomer, policy: Policy) -> Decision:
    by_name = live.by_name
    decision = NOTHING
    for entry in sorted(customer.qualifications, key=lambda e: ORDER.index(e.qualification)):
        case = _Case(customer, by_name, policy, decision.steps)
        decision = _join(decision, case.decide(entry))
    removals = tuple(_removals(customer, by_name.values(), policy))
    return _join(decision, Decision(findings=removals)) if removals else decision


@dataclass(frozen=True, slots=True)
class _Case:
    """One customer while its entries are decided in order; `steps` are those decided so far."""

    customer: DesiredCustomer
    live: Mapping[str, LiveQualification]
    policy: Policy
    steps: tuple[Step, ...]

    def find(self, qualification: Qualification) -> LiveQualification | None:
        return self.live.get(qualification.casefold())

    def decide(self, entry: DesiredQualification) -> Decision:
        match entry.qualification:
            case Qualification.NONE:
                return NOTHING
            case Qualification.NONPROFIT:
                return self._nonprofit(entry)
            case _:
                return self._creatable(entry)

    def _nonprofit(self, entry: DesiredQualification) -> Decision:
        if self.find(entry.qualification) is not None:
            return IN_SYNC
        return self._found(
            "nonprofit-not-settable", entry, "Nonprofit is declared, but it can't be set"
        )

    def _creatable(self, entry: DesiredQualification) -> Decision:
        live = self.find(entry.qualification)
        conflict = self._conflict(entry, live)
        found = NOTHING if conflict is None else Decision(findings=(conflict,))
        if live is None:
            return self._candidate(entry) if conflict is None else found
        return _join(found, self._vetted(entry, live, resubmittable=conflict is None))

    def _conflict(
        self, entry: DesiredQualification, live: LiveQualification | None
    ) -> Finding | None:
        rival = RIVALS.get(entry.qualification)
        if rival is None:
            return None
        name = entry.qualification.value
        if any(other.qualification is rival for other in self.customer.qualifications):
            message = f"{name} and {rival} are both declared; no customer can have both"
            return self._finding("education-gcc-exclusive", entry, message)
        rival_live = self.find(rival)
        if rival_live is None or not rival_live.held or (live is not None and live.held):
            return None
        message = f"{name} is declared, but the customer has {rival}; no customer can have both"
        return self._finding("education-gcc-exclusive", entry, message)

    def _vetted(
        self, entry: DesiredQualification, live: LiveQualification, *, resubmittable: bool
    ) -> Decision:
        name, status = entry.qualification.value, live.vetting_status
        match live.documented_status:
            case VettingStatus.APPROVED:
                return IN_SYNC
            case VettingStatus.IN_REVIEW:
                message = f"{name} is in review{_since(live)}"
                return self._found("vetting-in-review", entry, message, live)
            case VettingStatus.DENIED:
                return self._denied(entry, live, resubmittable=resubmittable)
            case None if status is None:
                return IN_SYNC
            case None:
                message = f'{name} has the vetting status "{status}", which is not a documented one'
                return self._found("vetting-unknown", entry, message, live)
            case _:
                assert_never(live.documented_status)

    def _denied(
        self, entry: DesiredQualification, live: LiveQualification, *, resubmittable: bool
    ) -> Decision:
        approved = entry.resubmit_denial_of
        named = approved is not None and approved == live.vetting_created
        if named and resubmittable:
            return self._candidate(entry, denial=approved)
        reason = f': "{live.vetting_reason}"' if live.vetting_reason else ""
        message = f"{entry.qualification} was denied{_since(live)}{reason}"
        if approved is not None and not named:
            message += f"; resubmitDenialOf names {format_instant(approved)}, another denial"
        finding = self._finding("vetting-denied", entry, message, live)
        if entry.qualification is not Qualification.EDUCATION or live.vetting_created is None:
            finding = replace(finding, remedy=NO_RESUBMISSION)
        return Decision(findings=(finding,))

    def _candidate(self, entry: DesiredQualification, denial: datetime | None = None) -> Decision:
        return self._withheld(entry) or self._step(entry, denial)

    def _withheld(self, entry: DesiredQualification) -> Decision | None:
        name = entry.qualification.value
        if entry.qualification is Qualification.EDUCATION and entry.education_segment is None:
            message = "Education is to be created, but its educationSegment is missing"
            return self._found("education-segment-missing", entry, message)
        if entry.qualification is Qualification.GCC and entry.validation_code_from is None:
            message = f"{name} is to be created, but validationCodeFrom is missing"
            return self._found("validation-code-missing", entry, message)
        if entry.qualification is Qualification.SOE and self._gcc_is_awaited():
            message = f"{name} waits for GovernmentCommunityCloud, which is declared and not live"
            return self._found("waits-for-gcc", entry, message)
        if not self.policy.permits(entry.qualification):
            message = f"{name} is to be created, but policy.permit does not hold it"
            return self._found("not-permitted-by-policy", entry, message)
        return None

    def _gcc_is_awaited(self) -> bool:
        declared = any(e.qualification is Qualification.GCC for e in self.customer.qualifications)
        live = self.find(Qualification.GCC)
        stepped = any(step.qualification is Qualification.GCC for step in self.steps)
        return declared and not (live is not None and live.held) and not stepped

    def _step(self, entry: DesiredQualification, denial: datetime | None) -> Decision:
        step = _make_step(self.customer, entry, denial)
        if entry.qualification is not Qualification.GCC:
            return Decision(steps=(step,))
        return Decision(steps=(step,), advisories=tuple(self._gcc_advisories(entry)))

    def _gcc_advisories(self, entry: DesiredQualification) -> Iterable[Finding]:
        education = self.find(Qualification.EDUCATION)
        if education is not None and education.denied:
            message = "GovernmentCommunityCloud is to be created where Education was denied"
            yield self._finding("gcc-over-denied-education", entry, message, education)
        soe = self.find(Qualification.SOE)
        if soe is not None and soe.held:
            message = "GovernmentCommunityCloud is to be created where StateOwnedEntity is held"
            yield self._finding("gcc-after-soe", entry, message, soe)
        message = "after this create the customer can be sold GCC offers only"
        yield self._finding("gcc-ends-commercial-sales", entry, message)

    def _found(
        self,
        rule_id: str,
        entry: DesiredQualification,
        message: str,
        live: LiveQualification | None = None,
    ) -> Decision:
        return Decision(findings=(self._finding(rule_id, entry, message, live),))

    def _finding(
        self,
        rule_id: str,
        entry: DesiredQualification,
        message: str,
        live: LiveQualification | None = None,
    ) -> Finding:
        return make_finding(
            rule_id,
            self.customer,
            message,
            source=entry.source,
            qualification=entry.qualification.value,
            live=live,
        )


def _make_step(
    customer: DesiredCustomer, entry: DesiredQualification, denial: datetime | None
) -> Step:
    return Step(
        customer_id=customer.customer_id,
        name=customer.name,
        qualification=entry.qualification,
        source=entry.source,
        education_segment=entry.education_segment,
        website=entry.website,
        validation_code_from=entry.validation_code_from,
        resubmit_denial_of=denial,
    )


def _removals(
    customer: DesiredCustomer, live: Iterable[LiveQualification], policy: Policy
) -> Iterable[Finding]:
    wants_none = next(
        (e for e in customer.qualifications if e.qualification is Qualification.NONE), None
    )
    if customer.qualifications and wants_none is None and policy.undeclared is Undeclared.IGNORE:
        return
    source = customer.qualifications_source if wants_none is None else wants_none.source
    declared = {entry.qualification.casefold() for entry in customer.qualifications}
    for held in live:
        if held.qualification.casefold() not in declared and held.held:
            message = f"{held.qualification} is held but not declared, and nothing can remove it"
            yield make_finding(
                "removal-not-supported",
                customer,
                message,
                source=source,
                qualification=held.qualification,
                live=held,
            )


def _since(live: LiveQualification) -> str:
    if live.odd_date is not None:
        return f" (its vetting date can't be read: {live.odd_date})"
    created = live.vetting_created
    return "" if created is None else f" (vetting of {format_instant(created)})"


def _join(first: Decision, second: Decision) -> Decision:
    if first is NOTHING:
        return second
    return Decision(
        steps=first.steps + second.steps,
        advisories=first.advisories + second.advisories,
        findings=first.findings + second.findings,
        in_sync=first.in_sync + second.in_sync,
    )
