"""Asks Microsoft's authority for tokens: the only module that knows msal; it keeps nothing.

Every sign-in gets an msal of its own, so that neither its token cache nor its cache of answers
can give an old token or an old refusal back. Nothing of msal's own errors is repeated: they, and
the frames they pass through, may hold secrets.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

from reconciler.model.errors import ReconcilerError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.certificate import Certificate
from reconciler.partner_center.sign_in.credentials import (
    Assertion,
    ClientCredential,
    ClientSecret,
    secret_of,
)
from reconciler.partner_center.sign_in.msal_errors import explain, tidy
from reconciler.partner_center.sign_in.msal_http import AuthorityHttp
from reconciler.partner_center.sign_in.secret_file import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.partner_center.sign_in.method_from_environment import Application


@dataclass(frozen=True, slots=True)
class Tokens:
    """`lifetime` in seconds from now, None where the authority doesn't say."""

    access: Secret
    lifetime: float | None
    refresh: Secret | None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person enters, and where; `lifetime` in seconds."""

    code: str
    address: str
    lifetime: int


class _Msal(Protocol):
    """What is used of an msal application."""

    def acquire_token_for_client(self, scopes: list[str]) -> object: ...
    def acquire_token_by_refresh_token(self, refresh_token: str, scopes: list[str]) -> object: ...
    def initiate_device_flow(self, scopes: list[str]) -> dict[str, object]: ...
    def acquire_token_by_device_flow(self, flow: dict[str, object]) -> object: ...


def tokens_for_app(application: Application, credential: ClientCredential) -> Tokens:
    return _tokens(
        application, credential, [], lambda msal: msal.acquire_token_for_client([application.scope])
    )


def tokens_for_user(
    application: Application, credential: ClientCredential | None, refresh_token: Secret
) -> Tokens:
    def ask(msal: _Msal) -> object:
        return msal.acquire_token_by_refresh_token(refresh_token.reveal(), [application.scope])

    return _tokens(application, credential, [refresh_token], ask)


def tokens_by_device(application: Application, show: Callable[[DeviceCode], None]) -> Tokens:
    """Blocks until the code was entered or has run out; KeyboardInterrupt passes through."""
    secrets: list[Secret] = []

    def ask(msal: _Msal) -> object:
        flow = msal.initiate_device_flow([application.scope])
        if "user_code" not in flow:
            return flow
        secrets.append(Secret(str(flow["device_code"])))
        show(_device_code(flow))
        return msal.acquire_token_by_device_flow(flow)

    return _tokens(application, None, secrets, ask)


def _device_code(flow: Mapping[str, object]) -> DeviceCode:
    return DeviceCode(
        tidy(str(flow["user_code"]), ()),
        tidy(str(flow.get("verification_uri", "")), ()),
        int(str(flow["expires_in"])),
    )


def _tokens(
    application: Application,
    credential: ClientCredential | None,
    secrets: list[Secret],
    ask: Callable[[_Msal], object],
) -> Tokens:
    """`secrets` are those besides the credential's that `ask` sends, or comes to know."""
    if credential is not None:
        secrets.append(secret_of(credential))
    outcome = _outcome(application, credential, secrets, ask)
    if isinstance(outcome, SignInFailed):
        raise outcome
    return outcome


def _outcome(
    application: Application,
    credential: ClientCredential | None,
    secrets: list[Secret],
    ask: Callable[[_Msal], object],
) -> Tokens | SignInFailed:
    """Returns what went wrong instead of raising: no traceback goes through the secrets."""
    try:
        with closing(AuthorityHttp(application.authority, secrets)) as http:
            answer = ask(_msal(application, credential, http))
    except ReconcilerError as failure:
        return SignInFailed(failure.message, failure.remedy)
    except Exception as error:  # noqa: BLE001 - msal raises all kinds, with secrets in their words
        return SignInFailed(
            f"sign-in failed: msal stumbled with {type(error).__name__}",
            "check the AZURE_* variables; if they are right, report this",
        )
    return _read(answer, secrets)


def _msal(
    application: Application, credential: ClientCredential | None, http: AuthorityHttp
) -> _Msal:
    import msal  # type: ignore[import-untyped] # noqa: PLC0415 - slow to import

    # msal's loggers repeat whole answers at times; what there is to tell, AuthorityHttp logs.
    logging.getLogger("msal").setLevel(logging.CRITICAL + 1)
    kind, sent = msal.PublicClientApplication, None
    if credential is not None:
        kind, sent = msal.ConfidentialClientApplication, _for_msal(credential)
    made: _Msal = kind(
        application.client_id,
        client_credential=sent,
        authority=f"{http.https_address.rstrip('/')}/{application.tenant}",
        http_client=http,
        instance_discovery=False,  # it would ask another host
        azure_region=False,  # regions are other hosts too
    )
    return made


def _for_msal(credential: ClientCredential) -> object:
    match credential:
        case ClientSecret(secret):
            return secret.reveal()
        case Certificate(private_key, certificate):
            return {"private_key": private_key.reveal(), "public_certificate": certificate}
        case Assertion(token):
            return {"client_assertion": token.reveal}
        case _:
            assert_never(credential)


def _read(answer: object, secrets: list[Secret]) -> Tokens | SignInFailed:
    answer = answer if isinstance(answer, dict) else {}
    access = answer.get("access_token")
    if not isinstance(access, str):
        return explain(answer, secrets)
    if not is_token(access):
        return SignInFailed(
            "sign-in failed: the authority gave something that is no token",
            "check AZURE_AUTHORITY_HOST",
        )
    return Tokens(Secret(access), _lifetime(answer), _refresh_token(answer))


def _lifetime(answer: Mapping[str, object]) -> float | None:
    """Microsoft's authority says a number; others say it as text."""
    seconds = str(answer.get("expires_in", ""))
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None


def _refresh_token(answer: Mapping[str, object]) -> Secret | None:
    token = answer.get("refresh_token")
    return Secret(token) if isinstance(token, str) and is_token(token) else None
