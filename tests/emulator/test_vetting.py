"""A vetting decision is put on what is there, and only there."""

from __future__ import annotations

from datetime import datetime

import pytest

from reconciler.emulator.seed import read_seed
from reconciler.emulator.vetting import VettingDecision, VettingRequest, vet
from reconciler.emulator.world import Changes, Element, qualifications_of
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import (
    DENIED,
    DENIED_DATE,
    DENIED_ELEMENT,
    EDUCATION,
    GCC,
    NOW,
    NOW_TEXT,
    PLAIN,
    SOE,
    UNQUALIFIED,
    seed,
)

WORLD = read_seed(seed())


def decided(customer: str, decision: VettingDecision, reason: str | None = None) -> Element:
    changes = vet(WORLD, Changes(), VettingRequest(customer, "education", decision, reason), NOW)
    element = qualifications_of(WORLD, changes, customer).element("Education")
    assert element is not None
    return element


def test_approval_keeps_the_date_and_drops_the_reason() -> None:
    """A denied vetting that is approved is Approved at the same date."""
    element = decided(DENIED, VettingDecision.APPROVE)
    assert element == Element("Education", "Approved", vetting_created_date=DENIED_DATE)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (None, "Not an Education Customer"),
        ("No longer an Education Customer", "No longer an Education Customer"),
    ],
)
def test_denial_keeps_the_date_and_has_a_reason(reason: str | None, told: str) -> None:
    """An approved vetting that is denied has its reason at the same date."""
    element = decided(EDUCATION, VettingDecision.DENY, reason)
    assert element == Element("Education", "Denied", told, DENIED_DATE)


def test_review_begins_a_new_vetting() -> None:
    """A review has a new date and no reason."""
    element = decided(DENIED, VettingDecision.REVIEW)
    assert element == Element("Education", "InReview", vetting_created_date=NOW_TEXT)
    assert datetime.fromisoformat(DENIED_DATE) < NOW


@pytest.mark.parametrize("named", [PLAIN.upper(), "plain SCHOOL", "Plain.OnMicrosoft.com"])
def test_a_customer_is_named_by_id_name_or_domain(named: str) -> None:
    """In any case, the customer that is meant is found: it has nothing to vet here."""
    with pytest.raises(ConfigurationError, match="Plain School has no Education to vet"):
        vet(WORLD, Changes(), VettingRequest(named, "Education", VettingDecision.DENY), NOW)


@pytest.mark.parametrize("customer", [PLAIN, SOE, UNQUALIFIED])
@pytest.mark.parametrize("qualification", ["Education", "StateOwnedEntity", "None"])
def test_what_is_not_vetted_is_refused(customer: str, qualification: str) -> None:
    """Nothing, `None` and StateOwnedEntity can't be vetted."""
    with pytest.raises(ConfigurationError, match="to vet") as refused:
        vet(WORLD, Changes(), VettingRequest(customer, qualification, VettingDecision.APPROVE), NOW)
    assert "it has nothing that can be vetted" in refused.value.remedy


def test_a_refusal_tells_what_there_is() -> None:
    """Where another qualification is held, it is named."""
    with pytest.raises(ConfigurationError) as refused:
        vet(WORLD, Changes(), VettingRequest(GCC, "Education", VettingDecision.APPROVE), NOW)
    assert "GovernmentCommunityCloud" in refused.value.remedy


def test_an_unknown_customer_is_refused() -> None:
    """A stranger is told with the number of customers there are."""
    with pytest.raises(ConfigurationError, match="no customer stranger") as refused:
        vet(WORLD, Changes(), VettingRequest("stranger", "Education", VettingDecision.APPROVE), NOW)
    assert "6 customers" in refused.value.remedy


def test_an_ambiguous_name_is_refused_with_the_ids() -> None:
    """Two customers of one name are told by their ids."""
    duplicates = read_seed({"customers": [{"id": i, "name": "Twin"} for i in (PLAIN, SOE)]})
    with pytest.raises(ConfigurationError, match="2 customers are called twin") as refused:
        vet(
            duplicates, Changes(), VettingRequest("twin", "Education", VettingDecision.APPROVE), NOW
        )
    assert PLAIN in refused.value.remedy
    assert SOE in refused.value.remedy


def test_only_a_denial_has_a_reason() -> None:
    """A reason with an approval is refused."""
    with pytest.raises(ConfigurationError, match="only a denial has a reason"):
        decided(DENIED, VettingDecision.APPROVE, "because")


def test_the_seed_stays_as_it_is() -> None:
    """A decision changes the changes alone."""
    decided(DENIED, VettingDecision.APPROVE)
    assert (
        WORLD.customers[DENIED].qualifications.elements[0].vetting_status
        == DENIED_ELEMENT["vettingStatus"]
    )
