"""The emulator answers what the literal samples of the pages have, their repairs as named there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.emulator.world import read_instant
from tests.emulator.worlds import PLAIN, Desk, wire
from tests.partner_center import samples

ROOT = f"/v1/customers/{PLAIN}"


def desk_of(**said: object) -> Desk:
    customer = {"id": PLAIN, "name": "Contoso"} | said
    return Desk({"customers": [customer], "validationCodes": {"123456": 1}})


@pytest.mark.parametrize(
    "sample",
    [
        samples.APPROVED,
        samples.IN_REVIEW,
        samples.DENIED,
        samples.STATE_OWNED,
        samples.STATE_OWNED_AND_EDUCATION,
        samples.STATE_OWNED_AND_GCC,
    ],
)
def test_qualifications_are_told_as_in_the_sample(sample: str) -> None:
    """A seed with the sample's elements answers the sample, spelling of dates included."""
    elements = json.loads(sample)
    assert desk_of(qualifications=elements).held(PLAIN) == elements


@pytest.mark.parametrize(
    "sample", [samples.CREATE_STATE_OWNED, samples.CREATE_EDUCATION, samples.CREATE_GCC]
)
def test_a_sample_of_a_create_is_taken(sample: str) -> None:
    """Each body of the page creates what it names."""
    desk = desk_of()
    assert desk.post(PLAIN, json.loads(sample)).status == 201
    (held,) = desk.held(PLAIN)
    assert held["qualification"] == json.loads(sample)["qualification"]


def test_a_create_is_answered_as_in_the_sample() -> None:
    """The same properties, and the same instant: the sample has no fraction of a second."""
    expected = json.loads(samples.CREATED)
    desk = desk_of()
    desk.now = read_instant(expected["vettingCreateDate"])
    created = wire(desk.post(PLAIN, json.loads(samples.CREATE_EDUCATION)))
    assert read_instant(created.pop("vettingCreateDate")) == desk.now
    assert created | {"vettingCreateDate": expected["vettingCreateDate"]} == expected


@pytest.mark.parametrize("status", ["Allowed", "UnderReview", "NotAllowed", "Unknown", "Not Ready"])
def test_an_account_status_is_told_as_in_the_sample(status: str) -> None:
    """The five samples, whole."""
    told = desk_of(accountStatus=status).get(f"{ROOT}/validationStatus", type="account")
    assert (told.status, wire(told)) == (200, json.loads(samples.account_status(status)))


def test_no_account_status_is_told_as_in_the_sample() -> None:
    """The 404 of the page, with the customer's id where it has a place for it."""
    expected = json.loads(samples.NO_ACCOUNT_STATUS.replace("{customer-id}", PLAIN))
    told = desk_of().get(f"{ROOT}/validationStatus", type="account")
    assert (told.status, wire(told)) == (404, expected)


def kinds(value: Any) -> Any:
    """The names and the types of what is in a value."""
    if isinstance(value, dict):
        return {name: kinds(each) for name, each in value.items()}
    return type(value)


def test_an_agreement_has_the_properties_of_the_sample() -> None:
    """Each has all that the sample's have, and the user who confirmed it besides."""
    told = wire(
        desk_of(customerAgreement=True).get(
            f"{ROOT}/agreements", agreementtype="MicrosoftCustomerAgreement"
        )
    )
    expected = json.loads(samples.AGREEMENTS)
    assert told.keys() == expected.keys()
    (item,) = told["items"]
    for sample in expected["items"]:
        assert kinds(sample).items() <= kinds(item).items()
        assert (item["type"], item["agreementLink"]) == (sample["type"], sample["agreementLink"])
