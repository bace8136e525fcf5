"""What the authority's refusals mean and the way out; refuses to repeat a secret told back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.errors import SignInFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model.secret import Secret

_LONGEST = 300
"""Characters of the authority's own words that are repeated."""

_PIECE = 8
"""Characters of a secret in a row that count as repeating it."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    message: str
    remedy: str
    codes: tuple[int, ...]


# The codes: Microsoft's page "Microsoft Entra authentication and authorization error codes".
_MEANINGS = (
    _Meaning(
        "the refresh token has expired or was revoked",
        "an admin signs in again with MFA (`reconciler login`, or the consent script that made the "
        "refresh token), and the new refresh token replaces the old one",
        (70000, 70008, 70043, 50132, 50133, 50173, 700082, 700084),
    ),
    _Meaning(
        "the sign-in lacks multi-factor authentication",
        "an admin signs in again and completes MFA; the refresh token from that sign-in replaces "
        "the old one",
        (50072, 50074, 50076, 50078, 50079),
    ),
    _Meaning(
        "Conditional Access blocks this sign-in",
        "ask whoever keeps the tenant's Conditional Access policies to let this application or "
        "this machine in, or sign in again from a place and device they allow",
        (50005, 50097, 50158, 53000, 53001, 53002, 53003, 53004, 53009, 53011, 530003, 530032),
    ),
    _Meaning(
        "the client secret is wrong",
        "put the secret's value, not its id, into AZURE_CLIENT_SECRET",
        (7000215,),
    ),
    _Meaning(
        "the client secret has expired",
        "make a new client secret in the application's registration and put it into "
        "AZURE_CLIENT_SECRET",
        (7000222,),
    ),
    _Meaning(
        "the certificate or assertion of the application is not accepted",
        "upload this certificate to the application's registration, and check that it has not "
        "expired and that this machine's clock is right",
        (50012, 50027, 700023, 700024, 700027, 700030),
    ),
    _Meaning(
        "nobody has consented to this application's access to Partner Center",
        "an admin of the partner's tenant grants consent to the application, then sign in again",
        (65001, 65004, 650057, 90094),
    ),
    _Meaning(
        "the application isn't known in this tenant",
        "check AZURE_CLIENT_ID and AZURE_TENANT_ID, and that the cloud is the right one",
        (700016, 7000112, 7000229),
    ),
    _Meaning(
        "the tenant doesn't exist",
        "check AZURE_TENANT_ID (or partnerCenter.tenantId), and that partnerCenter.cloud is the "
        "cloud it lives in",
        (90002, 900021, 900023),
    ),
    _Meaning(
        "no federated credential of the application matches the presented assertion",
        "compare issuer, subject and audience (api://AzureADTokenExchange) of the federated "
        "credential in the application's registration with the job that presents it",
        (70021, 700211, 700212, 700213),
    ),
    _Meaning(
        "the application is public, so it takes no client credential",
        "unset AZURE_CLIENT_SECRET and its kin, or use the confidential application that the "
        "refresh token was issued to",
        (700025,),
    ),
    _Meaning(
        "the application must prove who it is",
        "set AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE; for "
        "`login`, allow public client flows in the application's registration",
        (7000218, 7000216),
    ),
    _Meaning(
        "Partner Center isn't known in this tenant",
        "sign in to Partner Center once as an admin of this tenant, and check partnerCenter.cloud",
        (500011, 65005),
    ),
    _Meaning(
        "the user isn't assigned to this application",
        "assign the user to the application in Microsoft Entra, or sign in as another user",
        (50105,),
    ),
    _Meaning(
        "nobody entered the code in time",
        "run `reconciler login` again and enter the new code while it lasts",
        (70016, 70019, 70020),
    ),
)

_BY_CODE = {code: meaning for meaning in _MEANINGS for code in meaning.codes}

# Where the authority gives no AADSTS code, OAuth's own names for the errors (RFC 6749, RFC 8628).
_BY_NAME = {
    "invalid_grant": _BY_CODE[70008],
    "invalid_client": _Meaning(
        "the application's credential is not accepted",
        "check AZURE_CLIENT_ID and the client secret, certificate or assertion that goes with it",
        (),
    ),
    "authorization_pending": _BY_CODE[70020],
    "expired_token": _BY_CODE[70020],
    "authorization_declined": _Meaning(
        "the sign-in was declined", "run `reconciler login` again and approve it", ()
    ),
}

_OTHER = _Meaning(
    "the authority refused",
    "look the code up in Microsoft's list of AADSTS error codes, or give the correlation id to "
    "Microsoft's support",
    (),
)


def explain(answer: Mapping[str, object], secrets: Iterable[Secret] = ()) -> SignInFailed:
    """The authority's error answer as a sentence; `secrets` are those it must not repeat."""
    description = answer.get("error_description")
    detail = description if isinstance(description, str) else ""
    code = _code(detail, answer.get("error_codes"))
    meaning = _BY_CODE.get(code) or _BY_NAME.get(str(answer.get("error"))) or _OTHER
    marks = [f"AADSTS{code}" if code else tidy(str(answer.get("error", "no reason")), secrets)]
    if correlation := answer.get("correlation_id"):
        marks.append(f"correlation id {tidy(str(correlation), secrets)}")
    message = f"sign-in failed: {meaning.message} ({', '.join(marks)})"
    words = tidy(re.sub(r"^AADSTS\d+: *", "", detail), secrets)
    if words:
        message = f"{message}. The authority says: {words}"
    return SignInFailed(message, meaning.remedy)


def tidy(text: str, secrets: Iterable[Secret]) -> str:
    """One bounded line that is safe to show: no secret, nothing like a token, no mail address."""
    text = _without(text, secrets)
    text = re.sub(r"\s*Trace ID:.*", "", text, flags=re.DOTALL)
    text = re.sub(r"eyJ[\w.~+/=-]{8,}|[\w.~+/=-]{64,}|[^\s@'\"]+@[^\s@'\"]+", "***", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _without(text: str, secrets: Iterable[Secret]) -> str:
    """Blank every piece of a secret of `_PIECE` characters or more; a short one as a whole.

    All are looked for in the text as it came: what one hides may belong to another as well.
    """
    hidden = [False] * len(text)
    for secret in secrets:
        for start, end in _pieces(text, secret.reveal()):
            hidden[start:end] = [True] * (end - start)
    return "".join("*" if hide else c for c, hide in zip(text, hidden, strict=True))


def _pieces(text: str, secret: str) -> Iterator[tuple[int, int]]:
    size = min(_PIECE, len(secret))
    pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    for at in range(len(text) - size + 1):
        if text[at : at + size] in pieces:
            yield at, at + size


def _code(detail: str, listed: object) -> int:
    if found := re.search(r"AADSTS(\d{1,9})", detail):
        return int(found[1])
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, int) else 0
