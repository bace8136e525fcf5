"""Controls an emulator that is served on this machine; of any other address it asks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from reconciler.model.errors import ConfigurationError
from reconciler.validation.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping


def control_remote(address: str, action: str, body: Mapping[str, str]) -> None:
    """POST `action` (vet or reset). Raises ConfigurationError with what the emulator says."""
    if not is_loopback(httpx.URL(address).host):
        raise ConfigurationError(
            f"{address} is no emulator: it is not on this machine",
            "unset PARTNER_CENTER_ENDPOINT, or set it to the address `emulator serve` printed",
        )
    try:
        answer = httpx.post(f"{address}/emulator/{action}", json=dict(body), trust_env=False)
    except httpx.TransportError as error:
        raise ConfigurationError(
            f"no emulator answers at {address}: {error}", "start it with `emulator serve`"
        ) from error
    if not answer.is_success:
        raise ConfigurationError(*_refusal(address, answer))


def _refusal(address: str, answer: httpx.Response) -> tuple[str, str]:
    try:
        refusal = answer.json()
        return str(refusal["message"]), str(refusal["remedy"])
    except (ValueError, KeyError, TypeError):
        message = f"{address} is no emulator: it answered {answer.status_code}"
        return message, "set PARTNER_CENTER_ENDPOINT to the address `emulator serve` printed"
