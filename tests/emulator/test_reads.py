"""Each GET answers what domain.md, section 1, says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.routing import Request
from reconciler.model.secret import Secret
from tests.emulator.worlds import (
    APPROVED,
    CODE,
    DENIED,
    DENIED_ELEMENT,
    EDUCATION,
    GCC,
    GCC_HELD,
    MADE_GCC,
    NOW_TEXT,
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
    """Where there is no status the code is the number 600074, as in seed 002."""
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


@pytest.mark.parametrize(
    ("confirmed", "query", "count"),
    [
        (True, {"agreementtype": "MicrosoftCustomerAgreement"}, 1),
        (True, {"agreementtype": "microsoftcustomeragreement"}, 1),
        (True, {"agreementtype": "*"}, 1),
        (True, {"agreementtype": "MicrosoftCloudAgreement"}, 0),
        (True, {}, 0),
        (False, {"agreementtype": "MicrosoftCustomerAgreement"}, 0),
    ],
)
def test_agreements_are_of_the_type_asked_for(
    confirmed: bool, query: dict[str, str], count: int
) -> None:
    """Without agreementType the answer is for MicrosoftCloudAgreement, so it is empty here."""
    answer = desk_of(customerAgreement=confirmed).get(f"{ROOT}/agreements", **query)
    assert (answer.status, wire(answer)["totalCount"]) == (200, count)
    assert [item["type"] for item in wire(answer)["items"]] == [
        "MicrosoftCustomerAgreement"
    ] * count


def test_agreements_name_a_contact_person() -> None:
    """The contact is there, so that a client that lets it out is found."""
    answer = desk_of(customerAgreement=True).get(f"{ROOT}/agreements", agreementtype="*")
    assert set(wire(answer)["items"][0]["primaryContact"]) == {
        "firstName",
        "lastName",
        "email",
        "phoneNumber",
    }


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


def numbered(count: int) -> Desk:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(count)]
    return Desk({"customers": [{"id": customer} for customer in ids]})


def pages_of(desk: Desk, size: int) -> list[Any]:
    request = Request("GET", "/v1/customers", "r", "c", Secret("user"), {"size": str(size)})
    pages = [wire(desk.ask(request))]
    following = replace(request, query={"size": str(size), "seekoperation": "Next"})
    while token := pages[-1].get("continuationToken"):
        pages.append(wire(desk.ask(replace(following, continuation=token))))
    return pages


@given(st.integers(0, 12), st.integers(1, 6))
def test_pages_tell_every_customer_once(count: int, size: int) -> None:
    """However large the pages, each customer is told once, in the seed's order."""
    desk = numbered(count)
    pages = pages_of(desk, size)
    told = [item["id"] for page in pages for item in page["items"]]
    assert told == [customer["id"] for customer in desk.seed["customers"]]  # type: ignore[attr-defined]  # the seed is a plain mapping
    assert all(len(page["items"]) == size for page in pages[:-1])
    assert {page["totalCount"] for page in pages} == {count}


def test_a_next_link_brings_its_header() -> None:
    """The next link names its header with the token, and the last page has neither."""
    first, last = pages_of(numbered(3), 2)
    header = {"key": "MS-ContinuationToken", "value": first["continuationToken"]}
    assert first["links"]["next"]["headers"] == [header]
    assert "next" not in last["links"]
    assert "continuationToken" not in last


@pytest.mark.parametrize("size", ["0", "501", "-1", "many", "1" * 20])
def test_a_wrong_size_is_refused(size: str) -> None:
    """A page has 1 to 500 customers."""
    assert numbered(1).get("/v1/customers", size=size).status == 400


@pytest.mark.parametrize("token", ["", "after-3", "after-x", "3" * 20])
def test_a_wrong_continuation_token_is_refused_with_2000(token: str) -> None:
    """A token that leads past the end, or nowhere, is 400 with code 2000."""
    query = {"size": "2", "seekoperation": "next"}
    request = Request("GET", "/v1/customers", "r", "c", Secret("user"), query, token)
    answer = numbered(3).ask(request)
    assert (answer.status, wire(answer)["code"]) == (400, "2000")


def test_validations_tell_the_creates_left_and_no_code() -> None:
    """Each code shows its creates, spent ones taken off, and never itself."""
    desk = Desk()
    desk.post(PLAIN, MADE_GCC)
    answer = desk.get("/v1/customers/all/validations")
    assert [(item["maxCreates"], item["remainingCreates"]) for item in wire(answer)] == [
        (2, 1),
        (0, 0),
    ]
    assert CODE not in answer.body


def test_audit_records_tell_what_was_created() -> None:
    """Each create that took effect is one record."""
    desk = Desk()
    desk.post(PLAIN, MADE_GCC)
    desk.post(PLAIN, MADE_GCC)
    (record,) = wire(desk.get("/v1/auditrecords"))["items"]
    assert (record["customerId"], record["operationDate"]) == (PLAIN, NOW_TEXT)
    assert record["operationType"] == "update_customer_qualification"
    assert record["customizedData"] == [
        {"key": "Qualification", "value": "GovernmentCommunityCloud"}
    ]
