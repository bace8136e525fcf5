"""The authority's refusals as Microsoft Entra words them; only what the tests ask for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    error: str
    words: str
    suberror: str | None = None


REFUSALS = {
    50076: Refusal(
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new "
        "location, you must use multi-factor authentication to access 'fa3d9a0c-3fb0'.",
        "basic_action",
    ),
    50079: Refusal(
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new "
        "location, you must enroll in multi-factor authentication to access 'fa3d9a0c-3fb0'.",
        "basic_action",
    ),
    50105: Refusal(
        400,
        "invalid_grant",
        "Your administrator has configured the application to block users unless they are "
        "assigned. The signed in user 'admin@contoso.example' is blocked.",
    ),
    50158: Refusal(
        400,
        "invalid_grant",
        "External security challenge not satisfied. User will be redirected to another page.",
        "additional_action",
    ),
    50173: Refusal(
        400,
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The "
        "user might have changed or reset their password.",
        "bad_token",
    ),
    53003: Refusal(
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow "
        "token issuance.",
        "message_only",
    ),
    65001: Refusal(
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID 'client-id' "
        "named 'reconciler'. Send an interactive authorization request for this user and resource.",
        "consent_required",
    ),
    70008: Refusal(
        400,
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a "
        "new interactive authorization request for this user and resource.",
        "bad_token",
    ),
    70016: Refusal(
        400,
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70020: Refusal(400, "expired_token", "The provided device code has expired."),
    70021: Refusal(
        400,
        "invalid_request",
        "No matching federated identity record found for presented assertion. Assertion Subject: "
        "'repo:contoso/customers:ref:refs/heads/main'.",
    ),
    90002: Refusal(
        400,
        "invalid_request",
        "Tenant 'nobody' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud.",
    ),
    700016: Refusal(
        400,
        "unauthorized_client",
        "Application with identifier 'client-id' was not found in the directory 'Contoso'.",
    ),
    700025: Refusal(
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    700082: Refusal(
        400,
        "invalid_grant",
        "The refresh token has expired due to inactivity. The token was issued on "
        "2025-09-01T00:00:00.0000000Z and was inactive for 90.00:00:00.",
        "token_expired",
    ),
    700213: Refusal(
        400,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject "
        "'repo:contoso/customers:ref:refs/heads/main'.",
    ),
    7000215: Refusal(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app 'client-id'.",
    ),
    7000218: Refusal(
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000222: Refusal(
        401,
        "invalid_client",
        "The provided client secret keys for app 'client-id' are expired.",
    ),
    9002313: Refusal(400, "invalid_request", "Invalid request. Request is malformed or invalid."),
}


def refusal_body(code: int, echo: str = "") -> dict[str, object]:
    """What the authority would answer; `echo` is put into its words, as it sometimes does."""
    refusal = REFUSALS[code]
    trace, correlation = str(uuid4()), str(uuid4())
    body: dict[str, object] = {
        "error": refusal.error,
        "error_description": f"AADSTS{code}: {refusal.words}{echo} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: 2026-01-02 03:04:05Z",
        "error_codes": [code],
        "timestamp": "2026-01-02 03:04:05Z",
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    if refusal.suberror:
        body["suberror"] = refusal.suberror
    return body
