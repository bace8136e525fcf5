"""Turns what is live into desired state, so that planning right after gives no step.

What the service never tells (segment, website, code) or a manifest can't say becomes a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Source
from reconciler.model.state import (
    Acceptance,
    CustomerId,
    DesiredCustomer,
    DesiredQualification,
    LiveCustomer,
    Qualification,
    known_qualification,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.state import LiveQualification

NOWHERE: Final = Source("", 0, 0)
"""What is adopted stands in no text yet."""

ORDER: Final = tuple(Qualification)

UNKNOWABLE: Final = {
    Qualification.EDUCATION: (
        "educationSegment and website are never told by the service; only a create needs them"
    ),
    Qualification.GCC: (
        "validationCodeFrom: the code is never told by the service; only a create needs it"
    ),
}
"""GET returns neither ("Get a customer's qualification asynchronously")."""

_RIVALS: Final = {Qualification.EDUCATION, Qualification.GCC}


@dataclass(frozen=True, slots=True)
class Adoption:
    """A manifest to be, and the notes that go with it, in the order of what they are about."""

    customer: DesiredCustomer
    notes: tuple[str, ...] = ()


def adopt(customer_id: CustomerId, name: str, domain: str | None, live: LiveCustomer) -> Adoption:
    """Declare all that a manifest can say of what the customer has."""
    declarable, undeclarable = _divide(live.distinct)
    notes = [UNKNOWABLE[each] for each in declarable if each in UNKNOWABLE]
    notes += [_describe(each) for each in undeclarable]
    held = any(each.held for each in undeclarable)
    reason = "what it holds besides can't be declared"
    accept = frozenset({Acceptance("removal-not-supported", reason=reason)} if held else ())
    return Adoption(
        DesiredCustomer(
            customer_id=customer_id,
            name=name,
            qualifications=tuple(DesiredQualification(each, NOWHERE) for each in declarable),
            source=NOWHERE,
            qualifications_source=NOWHERE,
            domain=domain,
            accept=accept,
        ),
        tuple(notes),
    )


def undeclared(customer: DesiredCustomer, live: LiveCustomer) -> tuple[Qualification, ...]:
    """Find what is held and could be declared, but is not: how a manifest fell behind."""
    declarable, _ = _divide(each for each in live.distinct if each.held)
    declared = {entry.qualification for entry in customer.qualifications}
    return tuple(each for each in declarable if each not in declared)


def _divide(
    live: Iterable[LiveQualification],
) -> tuple[list[Qualification], list[LiveQualification]]:
    """Part what a manifest can say from what it can't."""
    declarable: dict[Qualification, LiveQualification] = {}
    undeclarable = []
    for each in live:
        known = known_qualification(each.qualification)
        if known is None:
            undeclarable.append(each)
        elif known is not Qualification.NONE:
            declarable[known] = each
    if declarable.keys() >= _RIVALS:
        # Declared together they are impossible; a denied one is not held, and can be left out.
        denied = [each for each in declarable if each in _RIVALS and declarable[each].denied]
        undeclarable += [declarable.pop(each) for each in denied]
    return [each for each in ORDER if each in declarable], undeclarable


def _describe(live: LiveQualification) -> str:
    vetting = f", vettingStatus {live.vetting_status}" if live.vetting_status else ""
    return f"live, but not to be declared here: {live.qualification}{vetting}"
