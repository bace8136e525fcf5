"""The calls as they are sent, by the pages of the service."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from reconciler.model.errors import CallRefused
from reconciler.model.plan import Create
from reconciler.model.secret import Secret
from reconciler.model.state import CustomerId, EducationSegment, Qualification
from reconciler.partner_center.calls import (
    Call,
    account_status_call,
    agreements_call,
    create_call,
    customer_call,
    customers_call,
    direct_signature_call,
    qualifications_call,
    request_headers,
)
from tests.partner_center import samples

CUSTOMER = CustomerId("14876998-c0dc-46e6-9d0c-65a57a6c32ec")
AT_CUSTOMER = f"/v1/customers/{CUSTOMER}"

EDUCATION = Create(
    CUSTOMER, Qualification.EDUCATION, EducationSegment.HIGHER_EDUCATION, "contoso.edu"
)
GCC = Create(CUSTOMER, Qualification.GCC, validation_code=Secret("123456"))
STATE_OWNED = Create(CUSTOMER, Qualification.SOE)


@pytest.mark.parametrize(
    ("call", "target"),
    [
        (qualifications_call(CUSTOMER), f"{AT_CUSTOMER}/qualifications"),
        (customer_call(CUSTOMER), AT_CUSTOMER),
        (account_status_call(CUSTOMER), f"{AT_CUSTOMER}/validationStatus?type=account"),
        (
            agreements_call(CUSTOMER),
            f"{AT_CUSTOMER}/agreements?agreementType=MicrosoftCustomerAgreement",
        ),
        (
            direct_signature_call(CUSTOMER),
            f"{AT_CUSTOMER}/directSignedMicrosoftCustomerAgreementStatus",
        ),
        (customers_call(), "/v1/customers?size=500"),
    ],
)
def test_reads_are_gets_of_the_documented_paths(call: Call, target: str) -> None:
    """Each read is a GET, without a body, of the path and query that its page shows."""
    assert (call.method, call.target, call.body) == ("GET", target, b"")


@pytest.mark.parametrize(
    ("create", "sample"),
    [
        (STATE_OWNED, samples.CREATE_STATE_OWNED),
        (EDUCATION, samples.CREATE_EDUCATION),
        (GCC, samples.CREATE_GCC),
    ],
)
def test_creates_are_posts_of_the_samples_bodies(create: Create, sample: str) -> None:
    """Each create is a POST to /qualifications whose body is that of the page's sample."""
    call = create_call(create)
    assert (call.method, call.target) == ("POST", f"{AT_CUSTOMER}/qualifications")
    assert json.loads(call.body) == json.loads(sample)


def test_a_create_sends_only_what_belongs_to_its_qualification() -> None:
    """A segment, website or code that strayed onto another qualification is not sent."""
    strayed = Create(
        CUSTOMER, Qualification.SOE, EducationSegment.K12, "contoso.edu", Secret("123456")
    )
    assert json.loads(create_call(strayed).body) == {"qualification": "StateOwnedEntity"}


def test_an_optional_website_is_left_out_where_there_is_none() -> None:
    """The website is optional, and absent rather than null; so is a segment that nobody gave."""
    bare = Create(CUSTOMER, Qualification.EDUCATION)
    assert json.loads(create_call(bare).body) == {"qualification": "Education"}


@pytest.mark.parametrize("qualification", [Qualification.NONE, Qualification.NONPROFIT])
def test_what_cannot_be_set_becomes_no_request(qualification: Qualification) -> None:
    """None and Nonprofit are refused before anything could be sent."""
    with pytest.raises(CallRefused, match="can't be set"):
        create_call(Create(CUSTOMER, qualification))


@pytest.mark.parametrize("text", ["../..", "14876998", "", "a/b?c"])
def test_an_id_that_is_no_guid_becomes_no_path(text: str) -> None:
    """Nothing but a GUID can get into a path."""
    with pytest.raises(ValueError, match="badly formed"):
        qualifications_call(CustomerId(text))


def test_the_code_shows_in_no_representation() -> None:
    """Printing a call shows neither the validation code nor the body that carries it."""
    assert "123456" not in repr(create_call(GCC))


def test_headers_are_the_documented_ones() -> None:
    """Both ids and our name; JSON is asked for, new and unpacked; a write says its type."""
    read = request_headers(qualifications_call(CUSTOMER), "request", "correlation")
    assert read == {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Cache-Control": "no-cache",
        "MS-RequestId": "request",
        "MS-CorrelationId": "correlation",
        "MS-PartnerCenter-Application": "reconciler",
        "User-Agent": "reconciler",
        "X-Locale": "en-US",
    }
    write = request_headers(create_call(GCC), "request", "correlation")
    del read["Cache-Control"]
    assert write == {**read, "Content-Type": "application/json"}


def test_a_further_page_carries_its_token_in_a_header() -> None:
    """The continuation token is a header, and in no query."""
    call = customers_call("size=500&seekOperation=next", "token")
    assert request_headers(call, "r", "c")["MS-ContinuationToken"] == "token"
    assert "token" not in call.target


def test_an_id_in_another_writing_becomes_the_canonical_one() -> None:
    """Paths hold the GUID in lower case, with hyphens."""
    shouted = CustomerId(str(UUID(CUSTOMER)).upper())
    assert qualifications_call(shouted).path == f"{AT_CUSTOMER}/qualifications"
