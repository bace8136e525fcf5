"""Asks GitHub Actions for the job's own token; refuses an address that isn't safe."""

from __future__ import annotations

import httpx

from reconciler.configuration.endpoints import checked_address
from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.authority_http import client_for

AUDIENCE = "api://AzureADTokenExchange"
"""What Microsoft Entra expects in a federated credential of GitHub."""

_REMEDY = "give the job `permissions: id-token: write`, and run it again"


def github_assertion(address: str, request_token: Secret) -> Secret:
    """The job's token for `AUDIENCE`, or SignInFailed."""
    url = checked_address(address, "ACTIONS_ID_TOKEN_REQUEST_URL")
    answer = _asked(url.copy_merge_params({"audience": AUDIENCE}), request_token)
    if isinstance(answer, str):
        raise SignInFailed(f"GitHub's OIDC endpoint {url.host} {answer}", _REMEDY)
    return answer


def _asked(url: httpx.URL, request_token: Secret) -> Secret | str:
    """Returns what went wrong instead of raising: no frame that holds a token is in a traceback."""
    headers = {"Authorization": f"Bearer {request_token.reveal()}", "Accept": "application/json"}
    try:
        with client_for(url) as client:
            response = client.get(url, headers=headers)
    except httpx.HTTPError as error:
        return f"can't be reached: {type(error).__name__}"
    if response.status_code != httpx.codes.OK:
        return f"refused with HTTP {response.status_code}"
    return _value(response)


def _value(response: httpx.Response) -> Secret | str:
    try:
        answer = response.json()
    except ValueError:
        return "answered with something that is not JSON"
    value = answer.get("value") if isinstance(answer, dict) else None
    return Secret(value) if isinstance(value, str) and value else "answered without a token"
