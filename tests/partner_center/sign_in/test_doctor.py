"""The examination: what is tried, and what each failure means."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.model.state import CustomerId
from reconciler.partner_center.connection import connect
from reconciler.partner_center.doctor import ALL, Check, CheckState, Service, diagnose
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.token_source import AccessToken
from tests.partner_center.sign_in.fake_authority import unsigned_jwt
from tests.partner_center.sign_in.fake_service import ENDPOINT

if TYPE_CHECKING:
    from reconciler.partner_center.sign_in.token_source import SignIn

CUSTOMER = "14876998-c0dc-46e6-9d0c-65a57a6c32ec"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
USER = unsigned_jwt({"scp": "user_impersonation", "amr": ["pwd", "mfa"]})
APP = unsigned_jwt({"idtyp": "app"})
LIST = "/v1/customers"
QUALIFICATIONS = f"/v1/customers/{CUSTOMER}/qualifications"
ACCOUNT_STATUS = f"/v1/customers/{CUSTOMER}/validationStatus"
AGREEMENTS = f"/v1/customers/{CUSTOMER}/agreements"
CODES = "/v1/customers/all/validations"
APP_ONLY = (403, {"code": "900329", "description": "planted"})


@dataclass(slots=True)
class PartnerCenter:
    """Answers by path; a customer list of one, and 200 for all else unless a test says."""

    answers: dict[str, tuple[int, object]] = field(default_factory=dict)
    date: datetime | None = NOW
    requests: list[tuple[str, str, bool]] = field(default_factory=list)

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        signed = any(name == b"authorization" for name, _ in scope["headers"])
        self.requests.append((scope["method"], scope["path"], signed))
        everything = {LIST: (200, {"items": [{"id": CUSTOMER}]})} | self.answers
        status, body = everything.get(scope["path"], (200, {}))
        headers = [(b"content-type", b"application/json")]
        if self.date is not None:
            headers.append((b"date", self.date.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def examined(
    center: PartnerCenter,
    token: str = USER,
    service: Service = Service(ENDPOINT),  # noqa: B008 - frozen
    sign_in: SignIn | None = None,
) -> dict[str, Check]:
    auth = PartnerCenterAuth(ENDPOINT, sign_in or (lambda: AccessToken(Secret(token))))

    async def run() -> tuple[Check, ...]:
        async with httpx.ASGITransport(center) as http:
            return await diagnose(http, auth, service, lambda: NOW)

    checks = asyncio.run(run())
    assert tuple(check.name for check in checks) == ALL
    return {check.name: check for check in checks}


def test_all_is_well() -> None:
    """Every check passes, nothing but reading was done, and the first call carried no token."""
    center = PartnerCenter()
    checks = examined(center)
    assert {check.state for check in checks.values()} == {CheckState.OK}
    assert not [check.remedy for check in checks.values() if check.remedy]
    assert {method for method, _, _ in center.requests} == {"GET"}
    assert [signed for _, _, signed in center.requests] == [False, *[True] * 5]


def test_app_only_can_plan() -> None:
    """What takes a person is a warning that says which sign-in it takes, not a failure."""
    center = PartnerCenter({ACCOUNT_STATUS: APP_ONLY, AGREEMENTS: APP_ONLY})
    checks = examined(center, APP)
    assert checks["read qualifications"].state is CheckState.OK
    assert checks["kind of token"].state is CheckState.WARNING
    assert checks["MFA"].state is CheckState.SKIPPED
    for name in ("calls that need a person", "agreements"):
        assert checks[name].state is CheckState.WARNING
        assert "refresh token" in checks[name].remedy
    assert CheckState.FAILED not in {check.state for check in checks.values()}


@pytest.mark.parametrize(
    ("path", "answer", "name", "state", "said"),
    [
        (ACCOUNT_STATUS, (404, {"code": 600074}), "calls that need a person", "ok", "allowed"),
        (LIST, (401, {"code": "900420"}), "list customers", "failed", "another resource"),
        (QUALIFICATIONS, (401, {"code": "900421"}), "read qualifications", "failed", "MFA"),
        (QUALIFICATIONS, (403, {"code": "20002"}), "read qualifications", "failed", "customer"),
        (QUALIFICATIONS, (404, {"code": "60003"}), "read qualifications", "failed", "tenant"),
        (CODES, (403, {"code": "900308"}), "GCC codes", "warning", "role"),
        (CODES, (500, {}), "GCC codes", "failed", "500"),
    ],
)
def test_each_refusal_says_what_it_means(
    path: str, answer: tuple[int, object], name: str, state: str, said: str
) -> None:
    """With the correlation id that support asks for, and the way out."""
    check = examined(PartnerCenter({path: answer}))[name]
    assert (check.state.value, said in check.message) == (state, True)
    if state != "ok":
        assert check.remedy
        assert "MS-CorrelationId" in check.message


def test_what_nobody_can_reach_is_told() -> None:
    """And nothing is tried behind it."""

    async def run() -> tuple[Check, ...]:
        auth = PartnerCenterAuth("http://127.0.0.1:9", lambda: AccessToken(Secret(USER)))
        address = "http://127.0.0.1:9"
        async with connect(address, auth=None, concurrency=1) as http:
            return await diagnose(http, auth, Service(address))

    reach, *others = asyncio.run(run())
    assert (reach.state, "127.0.0.1" in reach.message) == (CheckState.FAILED, True)
    assert {check.state for check in others} == {CheckState.SKIPPED}


@pytest.mark.parametrize(
    ("apart", "state", "said"),
    [
        (timedelta(seconds=-30), CheckState.OK, "right"),
        (timedelta(seconds=-60), CheckState.OK, "right"),
        (timedelta(seconds=61), CheckState.WARNING, "61 s behind"),
        (timedelta(seconds=300), CheckState.WARNING, "300 s behind"),
        (timedelta(seconds=301), CheckState.FAILED, "301 s behind"),
        (timedelta(seconds=-900), CheckState.FAILED, "900 s ahead of"),
        (None, CheckState.SKIPPED, "doesn't tell its time"),
    ],
)
def test_the_clock_is_compared(apart: timedelta | None, state: CheckState, said: str) -> None:
    """With the service's own, to which tokens are valid."""
    center = PartnerCenter(date=None if apart is None else NOW + apart)
    check = examined(center)["clock"]
    assert (check.state, said in check.message) == (state, True)


def test_a_failed_sign_in_is_told() -> None:
    """In the words of the sign-in; no call is made."""

    def fail() -> AccessToken:
        raise SignInFailed("the client secret is wrong", "put its value")

    center = PartnerCenter()
    checks = examined(center, sign_in=fail)
    assert checks["sign-in"] == Check(
        "sign-in", CheckState.FAILED, "the client secret is wrong", "put its value"
    )
    assert checks["list customers"].state is CheckState.SKIPPED
    assert len(center.requests) == 1


@pytest.mark.parametrize(
    ("token", "kind", "mfa"),
    [
        ("opaque", CheckState.SKIPPED, CheckState.SKIPPED),
        (unsigned_jwt({"scp": "x"}), CheckState.OK, CheckState.WARNING),
        (unsigned_jwt({"scp": "x", "amr": ["pwd"]}), CheckState.OK, CheckState.FAILED),
    ],
)
def test_the_token_is_read_where_it_can_be(token: str, kind: CheckState, mfa: CheckState) -> None:
    """Its kind, and whether MFA was done."""
    checks = examined(PartnerCenter(), token)
    assert (checks["kind of token"].state, checks["MFA"].state) == (kind, mfa)


@pytest.mark.parametrize("listed", [{"items": []}, {"items": [{"id": "../x"}]}, [], {"items": 7}])
def test_without_a_customer_its_calls_are_skipped(listed: object) -> None:
    """A new partner has none; what is no id is not put into an address."""
    center = PartnerCenter({LIST: (200, listed)})
    checks = examined(center)
    assert checks["read qualifications"].state is CheckState.SKIPPED
    assert checks["GCC codes"].state is CheckState.OK
    assert {path for _, path, _ in center.requests} == {LIST, CODES}


def test_a_declared_customer_is_tried_first() -> None:
    """It is the one that the manifests are about."""
    other = CustomerId("00000000-0000-4000-8000-00000000000a")
    center = PartnerCenter()
    examined(center, service=Service(ENDPOINT, other, has_agreements=False))
    paths = [path for _, path, _ in center.requests]
    assert f"/v1/customers/{other}/qualifications" in paths
    assert f"/v1/customers/{other}/agreements" not in paths


def test_a_sign_in_that_fails_on_the_way_is_told() -> None:
    """The token is refused, and there is no other."""
    count = iter([AccessToken(Secret(USER))])

    def once() -> AccessToken:
        token = next(count, None)
        if token is None:
            raise SignInFailed("the refresh token was revoked", "sign in again")
        return token

    checks = examined(PartnerCenter({LIST: (401, {})}), sign_in=once)
    assert checks["list customers"].message == "the refresh token was revoked"
    assert checks["GCC codes"].state is CheckState.FAILED


def test_a_lost_answer_is_told() -> None:
    """The service was there a moment ago."""

    class Breaking(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "authorization" in request.headers:
                raise httpx.ReadError("planted")
            return httpx.Response(401)

    async def run() -> tuple[Check, ...]:
        auth = PartnerCenterAuth(ENDPOINT, lambda: AccessToken(Secret(USER)))
        async with Breaking() as http:
            return await diagnose(http, auth, Service(ENDPOINT, CustomerId(CUSTOMER)))

    checks = {check.name: check for check in asyncio.run(run())}
    assert checks["list customers"].message == "no answer: ReadError"
    assert checks["read qualifications"].state is CheckState.FAILED
