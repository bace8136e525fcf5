"""A stand-in for Microsoft's authority and GitHub's OIDC endpoint, on loopback; it signs nothing.

In a test: `with FakeAuthority() as authority: ... authority.address`. From a shell:
`python -m tests.partner_center.sign_in.fake_authority`, whose first line is the address;
GET /requests tells what it was asked.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from base64 import urlsafe_b64encode
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.x509 import load_pem_x509_certificate

from tests.partner_center.sign_in.authority_errors import REFUSALS, refusal_body
from tests.partner_center.sign_in.behaviour import TENANT, Answered, Behaviour, Recorded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CLIENT_ID = "c11e47a0-0000-4000-8000-00000000c11e"
CLIENT_SECRET = "planted~client.secret-Zx81Qw"
GITHUB_REQUEST_TOKEN = "planted-github-request-token-5Tt9"
SECRET_FIELDS = ("client_secret", "client_assertion", "refresh_token", "device_code")
SCOPE = "https://api.partnercenter.microsoft.com/.default"


def unsigned_jwt(claims: dict[str, object]) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    texts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"{texts[0]}.{texts[1]}.unsigned"


class FakeAuthority:
    def __init__(self, port: int = 0) -> None:
        self.behaviour = Behaviour()
        self.requests: list[Recorded] = []
        self._lock = Lock()
        self._numbers = count(2)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def oidc_address(self) -> str:
        return f"{self.address}/oidc?api-version=2.0"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def token_requests(self) -> list[Recorded]:
        return [each for each in self.requests if each.path.endswith("/oauth2/v2.0/token")]

    def answer(self, recorded: Recorded) -> Answered:
        path = urlsplit(recorded.path).path
        if path == "/requests":
            return Answered.json([asdict(each) for each in self.requests])
        with self._lock:
            self.requests.append(recorded)
        if path == "/oidc":
            return self._oidc(recorded)
        if path.endswith("/oauth2/v2.0/devicecode"):
            return self._device_code()
        if path.endswith("/oauth2/v2.0/token"):
            return self._token(recorded)
        return Answered.json({"error": "not_found"}, 404)

    def _oidc(self, recorded: Recorded) -> Answered:
        if self.behaviour.oidc is not None:
            return self.behaviour.oidc
        if recorded.headers.get("authorization") != f"Bearer {GITHUB_REQUEST_TOKEN}":
            return Answered.json({"message": "Bad credentials"}, 401)
        query = dict(parse_qsl(urlsplit(recorded.path).query))
        assertion = unsigned_jwt({"sub": "repo:contoso/customers", "aud": query["audience"]})
        self.behaviour.assertions.add(assertion)
        return Answered.json({"value": assertion})

    def _device_code(self) -> Answered:
        if self.behaviour.refuse_codes:
            return self._refused(self.behaviour.refuse_codes.popleft())
        return Answered.json(
            {
                "user_code": "B7XW9KQ2L",
                "device_code": "planted-device-code",
                "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": 900,
                "interval": 0,
                "message": "To sign in, use a web browser.",
            }
        )

    def _token(self, recorded: Recorded) -> Answered:
        if self.behaviour.hold is not None:
            self.behaviour.hold.wait(20)
        with self._lock:
            if self.behaviour.raw:
                return Answered(*self.behaviour.raw.popleft())
            if self.behaviour.refuse:
                return self._refused(self.behaviour.refuse.popleft(), recorded.form)
            return self._granted(recorded.form)

    def _granted(self, form: dict[str, str]) -> Answered:
        match form["grant_type"]:
            case "client_credentials":
                code = self._proof_refused(form) if _proves(form) else 7000218
                return self._refused(code) if code else Answered.json(self._app_only(form))
            case "refresh_token":
                return self._refreshed(form)
            case _:
                return self._entered(form)

    def _refreshed(self, form: dict[str, str]) -> Answered:
        if _proves(form) and (code := self._proof_refused(form)):
            return self._refused(code)
        if form["refresh_token"] not in self.behaviour.refresh_tokens:
            return self._refused(70008)
        if self.behaviour.revoke_used:
            self.behaviour.refresh_tokens.discard(form["refresh_token"])
        return Answered.json(self._app_and_user(form, rotated=self.behaviour.rotate))

    def _entered(self, form: dict[str, str]) -> Answered:
        if self.behaviour.pending:
            self.behaviour.pending -= 1
            return self._refused(70016)
        return Answered.json(self._app_and_user(form, rotated=True))

    def _proof_refused(self, form: dict[str, str]) -> int | None:
        if "client_secret" in form:
            return None if form["client_secret"] == CLIENT_SECRET else 7000215
        assertion = form["client_assertion"]
        if assertion in self.behaviour.assertions or self._signed(assertion):
            return None
        return 700213

    def _signed(self, assertion: str) -> bool:
        if self.behaviour.certificate is None:
            return False
        certificate = load_pem_x509_certificate(self.behaviour.certificate.encode())
        key: RSAPublicKey = certificate.public_key()  # type: ignore[assignment] # tests make RSA keys
        try:
            jwt.decode(assertion, key, algorithms=["PS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return False
        return True

    def _app_only(self, form: dict[str, str]) -> dict[str, object]:
        claims: dict[str, object] = {"idtyp": "app", "oid": "b0b", "sub": "b0b", "roles": []}
        return self._issued(form, claims)

    def _app_and_user(self, form: dict[str, str], *, rotated: bool) -> dict[str, object]:
        claims: dict[str, object] = {
            "scp": "user_impersonation",
            "amr": list(self.behaviour.methods),
            "upn": "admin@contoso.example",
        }
        body = self._issued(form, claims)
        if rotated:
            successor = f"planted.refresh-token_successor-{next(self._numbers)}"
            self.behaviour.refresh_tokens.add(successor)
            body["refresh_token"] = successor
        return body | {"id_token": unsigned_jwt({"preferred_username": "admin@contoso.example"})}

    def _issued(self, form: dict[str, str], claims: dict[str, object]) -> dict[str, object]:
        number = next(self._numbers)
        now = int(time.time())
        common = {"aud": SCOPE.removesuffix("/.default"), "tid": self.behaviour.tenant, "n": number}
        token = unsigned_jwt(common | claims | {"exp": now + self.behaviour.lifetime})
        return {
            "token_type": "Bearer",
            "scope": form.get("scope", ""),
            "expires_in": self.behaviour.lifetime,
            "access_token": f"planted-opaque-access-{number}" if self.behaviour.opaque else token,
        }

    def _refused(self, code: int, form: dict[str, str] | None = None) -> Answered:
        sent = [(form or {}).get(name, "") for name in SECRET_FIELDS]
        echo = f" You sent: {' '.join(sent)}." if self.behaviour.echo else ""
        return Answered.json(refusal_body(code, echo), REFUSALS[code].status)


def _proves(form: dict[str, str]) -> bool:
    return "client_secret" in form or "client_assertion" in form


def _handler(authority: FakeAuthority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

        def _reply(self, body: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            recorded = Recorded(self.command, self.path, dict(parse_qsl(body)), headers)
            answered = authority.answer(recorded)
            content = answered.body.encode()
            self.send_response(answered.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Tests read what was asked from `requests`."""

    return Handler


def _from_arguments(arguments: argparse.Namespace) -> FakeAuthority:
    authority = FakeAuthority(arguments.port)
    behaviour = authority.behaviour
    behaviour.refuse.extend(arguments.refuse)
    behaviour.lifetime, behaviour.opaque = arguments.lifetime, arguments.opaque
    behaviour.rotate, behaviour.revoke_used = not arguments.keep, arguments.revoke_used
    behaviour.pending, behaviour.tenant = arguments.pending, arguments.tenant
    behaviour.refresh_tokens.update(arguments.refresh_token)
    behaviour.assertions.update(arguments.assertion)
    return authority


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--refuse", type=int, action="append", default=[], metavar="CODE")
    parser.add_argument("--lifetime", type=int, default=3600, help="seconds of an access token")
    parser.add_argument("--opaque", action="store_true", help="access tokens are no JWTs")
    parser.add_argument("--keep", action="store_true", help="give no new refresh token")
    parser.add_argument("--revoke-used", action="store_true", help="a refresh token works once")
    parser.add_argument("--pending", type=int, default=0, help="polls before the code is entered")
    parser.add_argument("--tenant", default=TENANT, help="the tid of access tokens")
    parser.add_argument("--refresh-token", action="append", default=[], help="one more that works")
    parser.add_argument("--assertion", action="append", default=[], help="one that is accepted")
    return parser.parse_args()


def main() -> None:
    with _from_arguments(_arguments()) as authority:
        sys.stdout.write(f"{authority.address}\n")
        sys.stdout.flush()
        Event().wait()


if __name__ == "__main__":
    main()
