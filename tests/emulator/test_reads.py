"""Each GET answers what its page says."""

from __future__ import annotations

import pytest

from tests.emulator.worlds import (
    APPROVED,
    DENIED,
    DENIED_ELEMENT,
    EDUCATION,
    GCC,
    GCC_HELD,
    PLAIN,
    SOE,
    UNQUALIFIED,
    Desk,
    wire,
)

ROOT = f"/v1/customers/{PLAIN}"


def desk_of(**said: object) -> Desk:
    return Desk({"customers": [{"id": PLAIN, "name": "Contoso"} | said]})


@pytest.mark.parametrize(
    ("customer", "elements"),
    [
        (PLAIN, []),
        (UNQUALIFIED, [{"qualification": "None"}]),
        (EDUCATION, [APPROVED]),
        (GCC, [GCC_HELD]),
        (SOE, [{"qualification": "StateOwnedEntity"}]),
        (DENIED, [DENIED_ELEMENT]),
    ],
)
def test_qualifications_are_told_as_the_seed_has_them(customer: str, elements: object) -> None:
    """The answer is a bare array in the seed's own spelling of dates."""
    assert Desk().held(customer) == elements


@pytest.mark.parametrize("status", ["Allowed", "UnderReview", "NotAllowed", "Unknown", "Not Ready"])
def test_the_account_status_is_told(status: str) -> None:
    """The status comes with its type, and its date has no Z."""
    answer = desk_of(accountStatus=status).get(f"{ROOT}/validationStatus", type="account")
    assert answer.status == 200
    assert (wire(answer)["type"], wire(answer)["status"]) == ("account", status)
    assert not wire(answer)["lastUpdateDateTime"].endswith("Z")


def test_no_account_status_is_404_with_600074() -> None:
    """Where there is no status the code is the number 600074, as on its page."""
    answer = desk_of().get(f"{ROOT}/validationStatus", type="account")
    told = f"Account Status for the customer, {PLAIN} was not found."
    assert answer.status == 404
    assert wire(answer) == {
        "code": 600074,
        "message": told,
        "description": told,
        "errorName": "AccountStatusNotFound",
        "isRetryable": False,
        "errorMessageExtended": "InternalErrorCode=600074",
    }


@pytest.mark.parametrize("query", [{}, {"type": "domain"}])
def test_the_account_status_needs_its_type(query: dict[str, str]) -> None:
    """validationStatus without type=account is 400."""
    assert desk_of(accountStatus="Allowed").get(f"{ROOT}/validationStatus", **query).status == 400


CUSTOMER_AGREEMENT, CLOUD_AGREEMENT = "MicrosoftCustomerAgreement", "MicrosoftCloudAgreement"


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"agreementtype": "MicrosoftCustomerAgreement"}, [CUSTOMER_AGREEMENT]),
        ({"agreementtype": "microsoftcustomeragreement"}, [CUSTOMER_AGREEMENT]),
        ({"agreementtype": "*"}, [CUSTOMER_AGREEMENT, CLOUD_AGREEMENT]),
        ({"agreementtype": "MicrosoftCloudAgreement"}, [CLOUD_AGREEMENT]),
        ({}, [CLOUD_AGREEMENT]),
    ],
)
def test_agreements_are_of_the_type_asked_for(query: dict[str, str], kinds: list[str]) -> None:
    """Without agreementType the answer is for MicrosoftCloudAgreement."""
    desk = desk_of(customerAgreement=True, cloudAgreement=True)
    agreements = wire(desk.get(f"{ROOT}/agreements", **query))
    assert agreements["totalCount"] == len(kinds)
    assert [item["type"] for item in agreements["items"]] == kinds


@pytest.mark.parametrize("said", ["customerAgreement", "cloudAgreement"])
def test_one_agreement_is_not_the_other(said: str) -> None:
    """Who confirmed one of the two has only that one; who confirmed none has an empty list."""
    asked = {"agreementtype": "*"}
    items = wire(desk_of(**{said: True}).get(f"{ROOT}/agreements", **asked))["items"]
    assert [item["type"].casefold() for item in items] == [f"microsoft{said}".casefold()]
    assert wire(desk_of().get(f"{ROOT}/agreements", **asked)) == {"totalCount": 0, "items": []}


@pytest.mark.parametrize("said", ["customerAgreement", "cloudAgreement"])
def test_agreements_have_their_documented_fields(said: str) -> None:
    """Each has all fields of the page, the contact person's too: a client may let none out."""
    desk = desk_of(**{said: True})
    (item,) = wire(desk.get(f"{ROOT}/agreements", agreementtype="*"))["items"]
    assert item.keys() == {
        "userId",
        "primaryContact",
        "templateId",
        "dateAgreed",
        "type",
        "agreementLink",
    }
    assert item["primaryContact"].keys() == {"firstName", "lastName", "email", "phoneNumber"}


def test_another_type_of_agreement_is_refused() -> None:
    """An agreementType that isn't documented is 400."""
    assert desk_of().get(f"{ROOT}/agreements", agreementtype="Other").status == 400


@pytest.mark.parametrize("signed", [True, False])
def test_the_direct_signature_is_told(signed: bool) -> None:
    """The answer is isSigned alone."""
    path = f"{ROOT}/directSignedMicrosoftCustomerAgreementStatus"
    assert wire(desk_of(directSigned=signed).get(path)) == {"isSigned": signed}


def test_a_customer_is_told_with_its_profile() -> None:
    """The id, the tenant id, the domain and the name are there."""
    told = wire(desk_of(domain="contoso.onmicrosoft.com").get(ROOT))
    assert told["id"] == PLAIN
    assert told["companyProfile"] == {
        "tenantId": PLAIN,
        "domain": "contoso.onmicrosoft.com",
        "companyName": "Contoso",
    }
