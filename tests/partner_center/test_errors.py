"""What the service says when it says no: the error, its words, its remedy, what stays secret."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ServiceError,
    SignInRefused,
    Unavailable,
)
from reconciler.model.plan import Create
from reconciler.model.state import Qualification
from reconciler.partner_center import calls
from reconciler.partner_center.errors import ErrorBody, lost, plain_text, read_error_body, refusal
from reconciler.partner_center.retry import EXCEPTIONS, UNFORESEEN, Effect, Row
from tests.partner_center import samples
from tests.partner_center.answers import CODE, CORRELATION, CUSTOMER, answer

if TYPE_CHECKING:
    from reconciler.partner_center.calls import Call

READ = calls.qualifications_call(CUSTOMER)
CREATE = calls.create_call(Create(CUSTOMER, Qualification.GCC, validation_code=CODE))
LIST = calls.customers_call()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"code": "60003", "description": "No such tenant.", "data": [], "source": "Gateway"},
            ErrorBody("60003", "No such tenant."),
        ),
        (
            samples.NO_ACCOUNT_STATUS,
            ErrorBody(
                "600074",
                "Account Status for the customer, {customer-id} was not found.",
                retryable=False,
            ),
        ),
        (
            {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 5 seconds."},
            ErrorBody(None, "Rate limit is exceeded. Try again in 5 seconds."),
        ),
        ('"Customer tagging denied."', ErrorBody(None, "Customer tagging denied.")),
        ("", ErrorBody()),
        ("<html><body>502</body></html>", ErrorBody()),
        ({"CODE": 900329, "Message": "no", "IsRetryable": True}, ErrorBody("900329", "no", True)),
        ({"code": True, "message": 1, "isRetryable": "yes"}, ErrorBody()),
        ({"description": "", "message": " ", "errorName": "Odd"}, ErrorBody(None, "Odd")),
        ([{"code": 1}], ErrorBody()),
        ("[" * 100_000, ErrorBody()),
        (b"\xef\xbb\xbf" + b'"no"', ErrorBody(None, "no")),
    ],
)
def test_every_shape_of_error_body_is_read(body: object, expected: ErrorBody) -> None:
    """The five shapes of the field, names in any case; whatever else comes tells nothing."""
    assert read_error_body(answer(400, body)) == expected


@pytest.mark.parametrize(
    ("status", "code", "kind", "said", "remedy"),
    [
        (401, "900420", SignInRefused, "another resource", "partnercenter.microsoft.com/.default"),
        (401, 900421, SignInRefused, "lacks multi-factor authentication (MFA)", "with MFA"),
        (401, None, SignInRefused, "refused the sign-in", "reconciler login"),
        (403, 900329, AppOnlyRefused, "an app-only sign-in can't do this", "app and user"),
        (403, "900308", CallRefused, "lacks the role", "Directory Reader, Directory Writer"),
        (403, "900150", CallRefused, "lacks the role", "Admin agent"),
        (403, "20002", CallRefused, "not your customer", "reseller relationship"),
        (403, None, CallRefused, "forbids this", "reconciler doctor"),
        (404, "60003", CustomerNotFound, "no such customer tenant", "customerId"),
        (404, 1000, CustomerNotFound, "no such customer tenant", "customerId"),
        (404, None, CustomerNotFound, "knows nothing there", "customerId"),
        (429, None, Unavailable, "takes no more calls", "requestsPerMinute"),
        (400, "2001", CallRefused, "400 Bad Request, code 2001: told", "MS-CorrelationId"),
        (409, None, CallRefused, "409 Conflict: told", "MS-CorrelationId"),
        (500, None, Unavailable, "500 Internal Server Error: told", "later"),
        (599, None, Unavailable, "answered 599: told", "later"),
    ],
)
def test_each_refusal_has_its_error_words_and_way_out(
    status: int, code: object, kind: type[ServiceError], said: str, remedy: str
) -> None:
    """Status and code decide the exception; the message explains, the remedy says what to do."""
    error = refusal(READ, answer(status, {"code": code, "description": "told"}))
    assert type(error) is kind
    assert said in error.message
    assert remedy in error.remedy
    assert (error.answered.status, error.answered.text) == (status, "told")
    assert error.answered.code == (None if code is None else str(code))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CallRefused),
        (401, SignInRefused),
        (403, CallRefused),
        (404, CustomerNotFound),
        (408, OutcomeUnknown),
        (409, CallRefused),
        (429, Unavailable),
        (499, OutcomeUnknown),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (503, OutcomeUnknown),
        (504, OutcomeUnknown),
    ],
)
def test_a_refused_create_tells_whether_it_may_have_happened(
    status: int, kind: type[ServiceError]
) -> None:
    """429 certainly did nothing; a time-out and a 5xx may have; any other 4xx is a definite no."""
    assert type(refusal(CREATE, answer(status))) is kind


def test_a_404_of_a_list_is_about_no_customer() -> None:
    """Where no customer was asked about, none was not found."""
    assert type(refusal(LIST, answer(404))) is CallRefused


def test_a_message_names_the_call_and_the_customer() -> None:
    """Whoever reads the message knows what was attempted, on whom, and what was answered."""
    error = refusal(READ, answer(403, {"code": 20002, "description": "Access denied"}))
    assert error.message == (
        f"could not read the qualifications of customer {CUSTOMER}: this is not your customer "
        "(403 Forbidden, code 20002: Access denied)"
    )


def test_the_correlation_id_is_told_and_yet_not_in_the_message() -> None:
    """The id is in the text of the error for support; a plan takes the message, without it."""
    error = refusal(READ, answer(500))
    assert error.answered.correlation_id == CORRELATION
    assert CORRELATION in str(error)
    assert CORRELATION not in error.message


def test_what_is_about_the_sign_in_names_no_customer() -> None:
    """The same refusal is told in the same words, whichever customer met it first."""
    for status, code in ((401, 900421), (403, 900329)):
        assert CUSTOMER not in refusal(READ, answer(status, {"code": code})).message


def test_a_wait_that_was_asked_for_is_told() -> None:
    """Retry-After is in the message and in what is known of the call."""
    error = refusal(READ, answer(429, retry_after=30.0))
    assert "wait 30 seconds" in error.message
    assert error.answered.retry_after == 30


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example.com/path?token=123456#x", "redirects to login.example.com,"),
        ("/elsewhere", "redirects, which"),
        ("https://[broken", "redirects, which"),
        (None, "redirects, which"),
    ],
)
@pytest.mark.parametrize(("call", "kind"), [(READ, CallRefused), (CREATE, OutcomeUnknown)])
def test_a_redirect_names_the_host_alone(
    call: Call, kind: type[ServiceError], location: str | None, shown: str
) -> None:
    """It is a no to a read and doubt about a create; of its address only the host is repeated."""
    error = refusal(call, answer(302, location=location))
    assert type(error) is kind
    assert shown in error.message
    assert "token" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"code": "bad-123456", "description": "The code 123456 is used up."},
        {"message": "123456"},
        '"code=123456"',
    ],
)
def test_an_echoed_code_is_struck_out(body: object) -> None:
    """A service that repeats the validation code in its refusal gives nothing away."""
    error = refusal(CREATE, answer(400, body))
    assert "123456" not in f"{error!r} {error} {error.answered}"
    assert "***" in error.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\tc\u2028d\u202ee\x7f", "a b c d e"),
        ("", ""),
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 497 + "..."),
    ],
)
def test_foreign_text_is_made_fit(text: str, expected: str) -> None:
    """Control characters and what turns a line round are spaces."""
    assert plain_text(text) == expected


@given(st.text(max_size=2000))
def test_foreign_text_is_one_bounded_line(text: str) -> None:
    """Whatever the service sends fits on one line of at most 500 characters."""
    fit = plain_text(text)
    assert len(fit) <= 500
    assert fit.isprintable()


@pytest.mark.parametrize("row", [*EXCEPTIONS.values(), UNFORESEEN])
def test_a_lost_answer_is_an_error_for_reads_and_creates(row: Row) -> None:
    """A lost read is Unavailable; a lost create is that only where it certainly did not happen."""
    known = Answered(correlation_id=CORRELATION)
    assert type(lost(READ, row, "", known)) is Unavailable
    certain = row.verdict.effect is Effect.CERTAINLY_NOT
    created = lost(CREATE, row, "errno 111", known)
    assert type(created) is (Unavailable if certain else OutcomeUnknown)
    assert "(errno 111)" in created.message
    assert created.answered == known


def test_a_write_refused_for_a_token_that_was_renewed_certainly_did_not_happen() -> None:
    """It may go again with the other token; where there is none, the sign-in is refused."""
    renewed = replace(answer(401), sign_in_renewed=True)
    assert [type(refusal(CREATE, each)) for each in (renewed, answer(401))] == [
        Unavailable,
        SignInRefused,
    ]


@given(st.integers(300, 599), st.binary(max_size=200))
def test_any_refusal_gets_a_name(status: int, body: bytes) -> None:
    """No status or body leaves a refusal without an exception, a message and a remedy."""
    for call in (READ, CREATE, LIST):
        error = refusal(call, answer(status, body))
        assert str(status) in error.message
        assert error.remedy
