"""Reading answers: every sample of the pages, and everything that the service may vary or break."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.errors import (
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ServiceError,
    UnreadableAnswer,
)
from reconciler.model.plan import Create, Created
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    LiveQualification,
    Qualification,
)
from reconciler.partner_center import calls, wire
from tests.partner_center import samples
from tests.partner_center.answers import CODE, CORRELATION, CUSTOMER, answer

QUALIFICATIONS = calls.qualifications_call(CUSTOMER)
EDUCATION = Create(CUSTOMER, Qualification.EDUCATION)
GCC = Create(CUSTOMER, Qualification.GCC, validation_code=CODE)
DECEMBER = datetime(2020, 12, 3, 10, 37, 38, 885000, UTC)


def qualifications(body: object) -> tuple[LiveQualification, ...]:
    return wire.read_qualifications(QUALIFICATIONS, answer(200, body))


def element(**sent: object) -> LiveQualification:
    (live,) = qualifications([{"qualification": "Education", **sent}])
    return live


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (samples.APPROVED, (LiveQualification("Education", "Approved"),)),
        (
            samples.IN_REVIEW,
            (LiveQualification("Education", "InReview", vetting_created=DECEMBER),),
        ),
        (
            samples.DENIED,
            (LiveQualification("Education", "Denied", "Not an Education Customer", DECEMBER),),
        ),
        (samples.STATE_OWNED, (LiveQualification("StateOwnedEntity"),)),
        (
            samples.STATE_OWNED_AND_EDUCATION,
            (LiveQualification("Education", "Approved"), LiveQualification("StateOwnedEntity")),
        ),
        (
            samples.STATE_OWNED_AND_GCC,
            (
                LiveQualification(
                    "GovernmentCommunityCloud",
                    "Approved",
                    vetting_created=datetime(2021, 5, 6, 19, 59, 56, 683202, UTC),
                ),
                LiveQualification("StateOwnedEntity"),
            ),
        ),
    ],
)
def test_every_sample_of_the_qualifications_is_read(
    sample: str, expected: tuple[LiveQualification, ...]
) -> None:
    """The six samples of the page on reading (repairs: see samples.py) become state."""
    assert qualifications(sample) == expected


@pytest.mark.parametrize("status", [200, 201])
def test_the_sample_of_a_create_is_read(status: int) -> None:
    """The sample of its page (repairs: see samples.py) is a create, with 201 and with 200."""
    call = calls.create_call(EDUCATION)
    created = datetime(2020, 12, 4, 20, 54, 24, tzinfo=UTC)
    live = LiveQualification("Education", "InReview", vetting_created=created)
    read = wire.read_created(call, answer(status, samples.CREATED), EDUCATION)
    assert read == Created(live, CORRELATION)


@pytest.mark.parametrize("status", ["Allowed", "UnderReview", "NotAllowed", "Unknown", "Not Ready"])
def test_every_sample_of_the_account_status_is_read(status: str) -> None:
    """The five samples of its page (none needs a repair) become state, in any case."""
    call = calls.account_status_call(CUSTOMER)
    for sent in (status, status.upper(), status.lower()):
        read = wire.read_account_status(call, answer(200, samples.account_status(sent)))
        assert read == CustomerAccount(status)


@pytest.mark.parametrize(
    "body", [samples.NO_ACCOUNT_STATUS, {"Code": "600074", "Description": "none"}]
)
def test_the_sample_of_no_account_status_is_an_answer(body: object) -> None:
    """404 with 600074, a number or text (repair: see samples.py), is no status at all."""
    call = calls.account_status_call(CUSTOMER)
    assert wire.read_account_status(call, answer(404, body)) == CustomerAccount(None)


def test_the_sample_of_agreements_is_read() -> None:
    """The sample of its page (repairs: see samples.py) is a confirmation."""
    call = calls.agreements_call(CUSTOMER)
    read = wire.read_agreements(call, answer(200, samples.AGREEMENTS))
    assert read == CustomerAgreement(confirmed=True)


@pytest.mark.parametrize("body", [[], [{"qualification": "None"}], [{"Qualification": "nONE"}]])
def test_no_element_and_the_element_none_are_alike(body: object) -> None:
    """`[]` and `[None]` both say that the customer has none."""
    assert qualifications(body) == ()


def test_none_beside_another_is_left_out() -> None:
    """An element None adds nothing to what is held."""
    body = [{"qualification": "None"}, {"qualification": "StateOwnedEntity"}]
    assert qualifications(body) == (LiveQualification("StateOwnedEntity"),)


def test_names_and_known_values_may_come_in_any_case() -> None:
    """Property names, qualifications and vetting statuses are compared without case."""
    sent = [
        {
            "QUALIFICATION": "governmentCOMMUNITYcloud",
            "VettingStatus": "INREVIEW",
            "vettingcreateDATE": "2020-12-03T10:37:38.885Z",
        }
    ]
    live = LiveQualification("GovernmentCommunityCloud", "InReview", vetting_created=DECEMBER)
    assert qualifications(sent) == (live,)


def test_unknown_values_are_kept_as_sent() -> None:
    """Vetting statuses are an open set, and so are qualifications: unknown ones keep their case."""
    sent = [{"qualification": "HealthCare", "vettingStatus": "Second  Look"}]
    assert qualifications(sent) == (LiveQualification("HealthCare", "Second  Look"),)
    call = calls.account_status_call(CUSTOMER)
    read = wire.read_account_status(call, answer(200, samples.account_status("Paused")))
    assert read == CustomerAccount("Paused")


def test_an_empty_status_is_not_taken_for_none() -> None:
    """An empty vetting status stays what it is: it is not the same as no vetting at all."""
    assert element(vettingStatus="").vetting_status == ""


def test_unknown_properties_are_ignored() -> None:
    """What nobody knows, of whatever shape, changes nothing."""
    assert element(vettingStatus="Approved", extra={"deep": [1, None]}) == LiveQualification(
        "Education", "Approved"
    )


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2020-12-03T10:37:38.885Z", DECEMBER),
        ("2020-12-03T10:37:38.885", DECEMBER),
        ("2020-12-03T10:37:38.8850000+00:00", DECEMBER),
        ("2020-12-03T12:37:38.885+02:00", DECEMBER),
        ("2021-05-06T19:59:56.6832029Z", datetime(2021, 5, 6, 19, 59, 56, 683202, UTC)),
        ("2020-12-04T20:54:24Z", datetime(2020, 12, 4, 20, 54, 24, tzinfo=UTC)),
        (None, None),
        ("0001-01-01T00:00:00", None),
    ],
)
def test_dates_come_in_many_writings(sent: str | None, expected: datetime | None) -> None:
    """Any zone or none (UTC), any number of digits (cut to microseconds), null, .NET's no date."""
    assert element(vettingCreatedDate=sent).vetting_created == expected
    assert element(vettingCreateDate=sent).vetting_created == expected


@pytest.mark.parametrize(
    ("sent", "quoted"),
    [
        ({"vettingCreatedDate": "yester\nday"}, '"yester day"'),
        ({"vettingCreatedDate": "x" * 50}, '"' + "x" * 37 + '..."'),
        ({"vettingCreateDate": ""}, '""'),
        ({"vettingCreatedDate": 20201203}, '"20201203"'),
        ({"vettingCreatedDate": "2020-13-03T10:37:38Z"}, '"2020-13-03T10:37:38Z"'),
        ({"vettingCreatedDate": "0001-01-01T00:00+14:00"}, '"0001-01-01T00:00+14:00"'),
        (
            {
                "vettingCreatedDate": "2020-12-03T10:37:38Z",
                "vettingCreateDate": "2020-12-04T10:37:38Z",
            },
            "2020-12-03T10:37:38Z and 2020-12-04T10:37:38Z",
        ),
    ],
)
def test_an_odd_date_is_unknown_and_hides_nothing_else(
    sent: dict[str, object], quoted: str
) -> None:
    """The one qualification has no date; its text is kept for a message, on a line and bounded."""
    live = element(vettingStatus="Denied", **sent)
    assert live == LiveQualification("Education", "Denied", odd_date=quoted)


@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.integers(0, 9))  # noqa: DTZ001 - no zone
def test_every_instant_is_read_to_the_microsecond(instant: datetime, seventh: int) -> None:
    """A date in the service's seven digits is read as the same instant, cut to six."""
    sent = f"{instant.isoformat(timespec='microseconds')}{seventh}Z"
    assert element(vettingCreateDate=sent).vetting_created == instant.replace(tzinfo=UTC)


def test_both_spellings_of_the_date_may_agree() -> None:
    """Two spellings of one instant are no contradiction."""
    both = element(
        vettingCreatedDate="2020-12-03T10:37:38.885Z", vettingCreateDate="2020-12-03T10:37:38.885"
    )
    assert both.vetting_created == DECEMBER


def test_a_qualification_told_twice_stays_twice() -> None:
    """No answer is bent: which of two elements of one name counts is for the state to decide."""
    sent = [
        {"qualification": "Education", "vettingStatus": "Denied"},
        {"qualification": "education", "vettingStatus": "InReview"},
    ]
    assert [live.vetting_status for live in qualifications(sent)] == ["Denied", "InReview"]


def test_a_byte_order_mark_is_passed_over() -> None:
    """Some .NET services begin a body with one."""
    assert qualifications(b"\xef\xbb\xbf[]") == ()


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", "text/json", "a/problem+json", None],
)
def test_json_goes_by_several_names(content_type: str | None) -> None:
    """JSON is known by its type, whatever its parameters and case; without a type it is tried."""
    assert wire.read_qualifications(QUALIFICATIONS, answer(200, "[]", content_type)) == ()


BROKEN: list[tuple[object, str | None]] = [
    ("", "application/json"),
    ("", None),
    ("null", "application/json"),
    ("{}", "application/json"),
    ('"Customer tagging denied."', "application/json"),
    ("true", "application/json"),
    ("[1]", "application/json"),
    ("[null]", "application/json"),
    ("[[]]", "application/json"),
    (samples.IN_REVIEW[:-20], "application/json"),
    (samples.IN_REVIEW + "]", "application/json"),
    ("[" * 100_000, "application/json"),
    ("<html><body>Sign in</body></html>", "text/html; charset=utf-8"),
    ("<html><body>Sign in</body></html>", "application/json"),
    ("[]", "text/html"),
    ("[]", "text/plain"),
    (b"[\xff]", "application/json"),
    ({"totalCount": 0, "items": []}, "application/json"),
    ([{}], "application/json"),
    ([{"vettingStatus": "Approved"}], "application/json"),
    ([{"qualification": None}], "application/json"),
    ([{"qualification": ""}], "application/json"),
    ([{"qualification": 1}], "application/json"),
    ([{"qualification": "x" * 201}], "application/json"),
    ([{"qualification": "a\nb"}], "application/json"),
    ([{"qualification": "Education", "vettingStatus": 2}], "application/json"),
    ([{"qualification": "Education", "vettingReason": {}}], "application/json"),
    ([{"qualification": "Education", "Qualification": "None"}], "application/json"),
    ('[{"qualification": "Education", "qualification": "None"}]', "application/json"),
    ('[{"qualification": "Education", "extra": {"a": 1, "a": 2}}]', "application/json"),
    ('[{"qualification": "Education", "extra": NaN}]', "application/json"),
    ("[" + "9" * 5000 + "]", "application/json"),
    ([{"qualification": "None"}] * 200_000, "application/json"),
]


@pytest.mark.parametrize(("body", "content_type"), BROKEN)
def test_what_cannot_be_understood_is_never_empty(body: object, content_type: str | None) -> None:
    """A read of anything but the due shape is an UnreadableAnswer, with status and id."""
    with pytest.raises(UnreadableAnswer) as caught:
        wire.read_qualifications(QUALIFICATIONS, answer(200, body, content_type))
    assert caught.value.answered.status == 200
    assert caught.value.answered.correlation_id == CORRELATION
    assert "can't be understood" in caught.value.message


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"),
        (samples.CREATED[:-3], "application/json"),
        ("<html>", "text/html"),
        (samples.CREATED, "text/plain"),
        ("[]", "application/json"),
        (samples.IN_REVIEW, "application/json"),
        ('{"qualification": "StateOwnedEntity"}', "application/json"),
        ('{"qualification": "None"}', "application/json"),
    ],
)
def test_a_create_that_cannot_be_understood_may_have_happened(body: str, content_type: str) -> None:
    """After a 2xx nothing is certain but that the answer is no use: OutcomeUnknown."""
    call = calls.create_call(EDUCATION)
    with pytest.raises(OutcomeUnknown) as caught:
        wire.read_created(call, answer(201, body, content_type), EDUCATION)
    assert caught.value.answered.correlation_id == CORRELATION


@pytest.mark.parametrize("status", [202, 204, 206])
def test_another_success_is_not_understood(status: int) -> None:
    """A 2xx that no page names is neither an answer nor a refusal."""
    with pytest.raises(UnreadableAnswer):
        wire.read_qualifications(QUALIFICATIONS, answer(status, samples.APPROVED))
    call = calls.create_call(EDUCATION)
    with pytest.raises(OutcomeUnknown):
        wire.read_created(call, answer(status, samples.CREATED), EDUCATION)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_body_makes_a_read_fall_over(body: bytes) -> None:
    """Whatever comes is read or refused by name; the only empty answers are those of no element."""
    try:
        live = wire.read_qualifications(QUALIFICATIONS, answer(200, body))
    except UnreadableAnswer:
        return
    assert live
    assert json.loads(body)


def test_the_code_is_struck_out_of_a_created_qualification() -> None:
    """A service that echoes the code in what it says of the vetting gives nothing away."""
    body = {
        "qualification": "GovernmentCommunityCloud",
        "vettingStatus": "Waits for 123456",
        "vettingReason": "code 123456 is used up",
    }
    created = wire.read_created(calls.create_call(GCC), answer(201, body), GCC)
    assert created.live.vetting_status == "Waits for ***"
    assert created.live.vetting_reason == "code *** is used up"


def test_a_reason_is_one_line_of_bounded_length() -> None:
    """Control characters and length of a foreign text go no further."""
    reason = element(vettingReason="no\r\n\x1b[31mreason\u202e" + "x" * 600).vetting_reason
    assert reason is not None
    assert reason.startswith("no [31mreason x")
    assert len(reason) == 500
    assert element(vettingReason="").vetting_reason is None


@pytest.mark.parametrize(
    ("body", "domain"),
    [
        ({"companyProfile": {"domain": "contoso.onmicrosoft.com"}}, "contoso.onmicrosoft.com"),
        ({"CompanyProfile": {"Domain": "contoso.onmicrosoft.com"}}, "contoso.onmicrosoft.com"),
        ({"companyProfile": {"domain": ""}}, None),
        ({"companyProfile": {"domain": None}}, None),
        ({"companyProfile": {}}, None),
        ({"companyProfile": None}, None),
        ({}, None),
    ],
)
def test_the_domain_is_read_where_it_is_told(body: dict[str, object], domain: str | None) -> None:
    """The domain is in the company profile; a customer without one has none."""
    call = calls.customer_call(CUSTOMER)
    sent = {"id": CUSTOMER.upper(), **body}
    assert wire.read_customer_domain(call, answer(200, sent)) == CustomerDomain(domain)


@pytest.mark.parametrize("sent", [{}, {"id": "a1"}, {"id": "b" * 32}, {"id": None}])
def test_another_customer_is_not_understood(sent: object) -> None:
    """An answer that doesn't tell of the customer asked about could clear a wrong one."""
    with pytest.raises(UnreadableAnswer):
        wire.read_customer_domain(calls.customer_call(CUSTOMER), answer(200, sent))


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "account"},
        {"type": "account", "status": None},
        {"type": "account", "status": ""},
        {"type": "address", "status": "Allowed"},
        [],
    ],
)
def test_an_account_status_that_says_nothing_is_not_understood(sent: object) -> None:
    """Only a status of the account is one; its absence is told by 404 and 600074 alone."""
    with pytest.raises(UnreadableAnswer):
        wire.read_account_status(calls.account_status_call(CUSTOMER), answer(200, sent))


def test_another_404_is_no_account_status() -> None:
    """404 with any other code, or none, doesn't say that the customer may buy."""
    call = calls.account_status_call(CUSTOMER)
    for body in ({"code": 60003}, "<html>", ""):
        with pytest.raises(CustomerNotFound):
            wire.read_account_status(call, answer(404, body))
    with pytest.raises(CallRefused):
        wire.read_account_status(call, answer(400, samples.NO_ACCOUNT_STATUS))


@pytest.mark.parametrize(
    ("items", "confirmed"),
    [
        ([], False),
        ([{"type": "MicrosoftCustomerAgreement"}], True),
        ([{"Type": "microsoftcustomerAGREEMENT"}], True),
        ([{"type": "MicrosoftCloudAgreement"}], False),
        ([{"type": "MicrosoftCloudAgreement"}, {"type": "MicrosoftCustomerAgreement"}], True),
    ],
)
def test_only_the_customer_agreement_counts(items: list[object], *, confirmed: bool) -> None:
    """An agreement of another type is none, in whatever case the types come."""
    body = {"totalCount": len(items), "items": items}
    read = wire.read_agreements(calls.agreements_call(CUSTOMER), answer(200, body))
    assert read == CustomerAgreement(confirmed)


@pytest.mark.parametrize(
    "body", [{}, {"items": None}, {"items": [{}]}, {"totalCount": 1, "items": []}]
)
def test_agreements_that_are_cut_off_are_not_understood(body: object) -> None:
    """No list, an item without its type, or fewer items than counted: not the same as none."""
    with pytest.raises(UnreadableAnswer):
        wire.read_agreements(calls.agreements_call(CUSTOMER), answer(200, body))


def test_contact_persons_get_into_no_message() -> None:
    """Agreements that can't be understood tell nothing of the person they hold."""
    broken = samples.AGREEMENTS.replace('"type":"MicrosoftCustomerAgreement"', '"type":["Tania"]')
    with pytest.raises(UnreadableAnswer) as caught:
        wire.read_agreements(calls.agreements_call(CUSTOMER), answer(200, broken))
    shown = f"{caught.value!r} {caught.value} {caught.value.__context__!r}"
    assert not [each for each in samples.CONTACT if each in shown]


@pytest.mark.parametrize("signed", [True, False])
def test_a_direct_signature_is_read(signed: bool) -> None:
    """`isSigned` is a boolean, and nothing else is taken for one."""
    call = calls.direct_signature_call(CUSTOMER)
    read = wire.read_direct_signature(call, answer(200, {"IsSigned": signed}))
    assert read == CustomerAgreement(signed)
    for other in ("true", 1, None):
        with pytest.raises(UnreadableAnswer):
            wire.read_direct_signature(call, answer(200, {"isSigned": other}))


def test_a_refusal_is_raised_by_every_reader() -> None:
    """Whoever reads an answer that is no success gets the error that it is."""
    call = calls.account_status_call(CUSTOMER)
    with pytest.raises(AppOnlyRefused):
        wire.read_account_status(call, answer(403, {"code": 900329}))
    with pytest.raises(ServiceError):
        wire.read_qualifications(QUALIFICATIONS, answer(500))


@pytest.mark.parametrize(
    ("body", "content_type", "whole"),
    [
        ("{}", "application/json", True),
        ("{", "application/json", False),
        ("", "application/json", False),
        ("{}", "text/html", False),
    ],
)
def test_an_answer_is_whole_where_it_is_json(body: str, content_type: str, *, whole: bool) -> None:
    """Asking again may help against a broken body, and not against an unexpected shape."""
    assert wire.is_whole(answer(200, body, content_type)) is whole
