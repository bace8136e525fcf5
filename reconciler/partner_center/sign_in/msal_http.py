"""The HTTP client that msal speaks through: one authority, and no other address, ever.

Where the endpoints of a tenant lie is fixed and documented, so nothing is asked for it. msal
insists on https; for an authority on this machine the adapter puts plain http back.
"""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import getproxies

import httpx

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.call_log import log_call
from reconciler.partner_center.connection import proxy_for
from reconciler.partner_center.sign_in.msal_errors import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.model.secret import Secret

_SECONDS = 20.0
_PAUSES = (0.2, 0.6)
"""Seconds before a call that found no authority, or a sick one, is made again."""

_UNREAD = frozenset({"id_token", "client_info"})
"""Who the person is: nobody's business here, and one thing less that msal could stumble over."""

_PASSED_ON = frozenset({"accept", "client-request-id"})
"""Of msal's headers; the rest tells of the machine and of earlier calls."""


@dataclass(frozen=True, slots=True)
class AuthorityAnswer:
    """The shape msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Nothing to raise: what msal would raise for is refused before it sees the answer."""


def client_for(url: httpx.URL) -> httpx.Client:
    """A client for one sign-in; ConfigurationError where the environment names a useless proxy."""
    # Plain http needs no certificates, and this machine's own are slow to load.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if url.scheme == "https":
        tls = httpx.create_ssl_context()
    proxy = proxy_for(url, getproxies())
    return httpx.Client(verify=tls, proxy=proxy, timeout=_SECONDS, trust_env=False)


class AuthorityHttp:
    def __init__(
        self,
        address: str,
        secrets: Sequence[Secret] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = httpx.URL(address)
        self._secrets = secrets
        self._sleep = sleep
        self._client = client_for(self._address)

    @property
    def https_address(self) -> str:
        return str(self._address.copy_with(scheme="https", port=self._port()))

    def _port(self) -> int | None:
        """The port, said aloud where it is http's own, which https would not guess."""
        if self._address.scheme == "http":
            return self._address.port or 80
        return self._address.port

    def get(self, url: str, **_: object) -> AuthorityAnswer:
        """Answers msal's question for a tenant's endpoints, the only GET it may make."""
        tenant, found, rest = url.partition("/v2.0/.well-known/openid-configuration")
        self._path(tenant)
        if not found or rest:
            raise SignInFailed("msal asked for an address it has no business with")
        return AuthorityAnswer(200, json.dumps(_endpoints(tenant)))

    def post(
        self,
        url: str,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> AuthorityAnswer:
        """Sends the form; SignInFailed where no readable answer comes."""
        form = urlencode({name: v for name, v in (data or {}).items() if v is not None})
        passed_on = {n: v for n, v in (headers or {}).items() if n.lower() in _PASSED_ON}
        passed_on["Content-Type"] = "application/x-www-form-urlencoded"
        response = self._sent(self._address.copy_with(path=self._path(url)), form, passed_on)
        return self._answer(response)

    def close(self) -> None:
        self._client.close()

    def _path(self, url: str) -> str:
        prefix = self.https_address.rstrip("/") + "/"
        if not url.startswith(prefix):
            raise SignInFailed("msal asked for an address that isn't the authority's")
        return "/" + url.removeprefix(prefix)

    def _sent(self, url: httpx.URL, form: str, headers: Mapping[str, str]) -> httpx.Response:
        for pause in _PAUSES:
            try:
                response = self._once(url, form, headers)
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                self._sleep(pause)
                continue
            if not response.is_server_error:
                return response
            self._sleep(pause)
        try:
            return self._once(url, form, headers)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _once(self, url: httpx.URL, form: str, headers: Mapping[str, str]) -> httpx.Response:
        started = time.monotonic()
        response = self._client.post(url, content=form, headers=dict(headers))
        seconds = time.monotonic() - started
        identity = f"correlation id {headers.get('client-request-id', '-')}"
        log_call("POST", str(url), response.status_code, seconds, identity)
        return response

    def _answer(self, response: httpx.Response) -> AuthorityAnswer:
        try:
            readable = isinstance(answer := response.json(), dict)
        except ValueError:
            answer, readable = {}, False
        if readable and not response.is_server_error:
            kept = {name: value for name, value in answer.items() if name not in _UNREAD}
            return AuthorityAnswer(response.status_code, json.dumps(kept))
        if readable and "error" in answer:
            raise explain(answer, self._secrets)
        raise SignInFailed(
            f"the authority {self._address.host} answered with HTTP {response.status_code} and "
            "nothing that can be read",
            "check AZURE_AUTHORITY_HOST and any proxy in between, and try again later",
        )

    def _unreachable(self, error: httpx.HTTPError) -> SignInFailed:
        return SignInFailed(
            f"the authority {self._address.host} can't be reached: {type(error).__name__}",
            "check the network, the proxy and AZURE_AUTHORITY_HOST, and run again",
        )


def _endpoints(tenant: str) -> Mapping[str, str]:
    """Microsoft: "OAuth 2.0 client credentials flow" and "device authorization grant flow"."""
    return {
        "issuer": f"{tenant}/v2.0",
        "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
        "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{tenant}/oauth2/v2.0/devicecode",
    }
