"""Every request is answered: the gate, the errors and the ids that every answer echoes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.emulator.routing import Request
from reconciler.model.secret import Secret
from tests.emulator.worlds import MADE_SOE, NOW, PLAIN, STRANGER, Desk, jwt, wire

ROOT = f"/v1/customers/{PLAIN}"
BOTH = (f"{ROOT}/qualifications", ROOT, "/v1/customers", "/v1/customers/all/validations")
USER_ONLY = (
    f"{ROOT}/agreements",
    f"{ROOT}/directSignedMicrosoftCustomerAgreementStatus",
    f"{ROOT}/validationStatus",
)
APP_ONLY = ("app", "app-token", jwt(idtyp="app", scp="x"), jwt(roles=["x"]))
NO_MFA = jwt(scp="user_impersonation", amr=["pwd"])


def posting(token: str | None) -> Request:
    secret = None if token is None else Secret(token)
    path = f"{ROOT}/qualifications"
    return Request("POST", path, "r", "c", secret, body=b'{"qualification":"StateOwnedEntity"}')


@pytest.mark.parametrize("path", [*BOTH, "/v1/auditrecords"])
@pytest.mark.parametrize("token", APP_ONLY)
def test_an_app_only_token_may_make_the_calls_for_both(path: str, token: str) -> None:
    """Qualifications, customers, codes and audit records can be read app-only."""
    assert Desk().get(path, token).status == 200


@pytest.mark.parametrize("path", USER_ONLY)
@pytest.mark.parametrize("token", APP_ONLY)
def test_an_app_only_token_is_refused_where_a_user_is_due(path: str, token: str) -> None:
    """Account status, agreements and direct signature are 403 with 900329 app-only."""
    answer = Desk().get(path, token, type="account")
    assert (answer.status, wire(answer)["code"]) == (403, "900329")


@pytest.mark.parametrize("token", APP_ONLY)
def test_an_app_only_token_can_not_write(token: str) -> None:
    """A POST with an app-only token is 403 with 900329 and changes nothing."""
    desk = Desk()
    answer = desk.ask(posting(token))
    assert (answer.status, wire(answer)["code"]) == (403, "900329")
    assert desk.held(PLAIN) == []


def test_a_user_without_mfa_is_refused_where_a_user_is_due() -> None:
    """A user's token whose amr lacks mfa is 401 with 900421 on app+user calls alone."""
    desk = Desk()
    refused = [desk.get(path, NO_MFA, type="account") for path in USER_ONLY]
    refused.append(desk.ask(posting(NO_MFA)))
    assert {(answer.status, wire(answer)["code"]) for answer in refused} == {(401, "900421")}
    assert desk.get(BOTH[0], NO_MFA).status == 200


@pytest.mark.parametrize("path", [*BOTH, *USER_ONLY])
def test_no_token_is_refused(path: str) -> None:
    """A call without a bearer token is 401 with 900420."""
    answer = Desk().ask(Request("GET", path, "r", "c"))
    assert (answer.status, wire(answer)["code"]) == (401, "900420")


@pytest.mark.parametrize("path", [*BOTH, *USER_ONLY])
def test_an_expired_token_is_refused(path: str) -> None:
    """A readable token whose exp is past is 401, whatever is asked."""
    assert Desk().get(path, jwt(scp="x", exp=NOW.timestamp() - 1)).status == 401


@pytest.mark.parametrize("tail", ["", "/qualifications", "/agreements", "/validationStatus"])
@pytest.mark.parametrize(("customer", "code"), [(STRANGER, "60003"), ("nobody", "1000")])
def test_an_unknown_customer_is_not_found(tail: str, customer: str, code: str) -> None:
    """A tenant that isn't there is 404 with 60003, and what is no tenant id 404 with 1000."""
    answer = Desk().get(f"/v1/customers/{customer}{tail}")
    assert (answer.status, wire(answer)["code"]) == (404, code)


def test_a_write_to_an_unknown_customer_is_not_found() -> None:
    """A POST to a tenant that isn't there is 404 with 60003."""
    answer = Desk().post(STRANGER, MADE_SOE)
    assert (answer.status, wire(answer)["code"]) == (404, "60003")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("GET", "/customers"), ("DELETE", ROOT), ("POST", "/v1/customers")],
)
def test_a_call_that_the_emulator_does_not_know_is_told(method: str, path: str) -> None:
    """501 lists the calls that it knows, even without a token; it claims nothing of the service."""
    answer = Desk().ask(Request(method, path, "r", "c"))
    assert answer.status == wire(answer)["statusCode"] == 501
    assert wire(answer)["calls"] == [
        "GET /v1/customers",
        "GET /v1/customers/all/validations",
        "GET /v1/customers/{id}",
        "GET /v1/customers/{id}/qualifications",
        "POST /v1/customers/{id}/qualifications",
        "GET /v1/customers/{id}/validationStatus",
        "GET /v1/customers/{id}/agreements",
        "GET /v1/customers/{id}/directSignedMicrosoftCustomerAgreementStatus",
        "GET /v1/auditrecords",
    ]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_nothing_can_be_removed_or_changed(method: str) -> None:
    """DELETE, PUT and PATCH are 405, and the answer tells what there is."""
    answer = Desk().ask(Request(method, f"{ROOT}/qualifications", "r", "c", Secret("user")))
    assert answer.status == 405
    assert ("Allow", "GET, POST") in answer.headers


@pytest.mark.parametrize("path", [*BOTH, "/v1/nothing"])
def test_every_answer_echoes_its_ids(path: str) -> None:
    """Answers and refusals carry MS-CorrelationId and MS-RequestId as they came."""
    request = Request("GET", path, "the-request", "the-correlation", Secret("user"))
    for asked in (request, replace(request, token=None), replace(request, method="PUT")):
        headers = dict(Desk().ask(asked).headers)
        assert headers["MS-RequestId"] == "the-request"
        assert headers["MS-CorrelationId"] == "the-correlation"
        assert re.fullmatch(r"[A-Za-z0-9+/]{16}\.0", headers["MS-CV"])


@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/qualifications"])
def test_customers_are_found_in_any_case(path: str) -> None:
    """The id of a customer may come in upper case."""
    assert Desk().get(path.replace(PLAIN, PLAIN.upper())).status == 200
