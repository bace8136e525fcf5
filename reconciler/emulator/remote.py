"""Steers an emulator that is served elsewhere on this machine; refuses any other address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from reconciler.emulator.control import PREFIX, is_loopback
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def steer_remote(address: str, what: str, body: Mapping[str, str]) -> None:
    """POST `what` (vet or reset). Raises ConfigurationError with what the emulator says."""
    host = httpx.URL(address).host
    if host != "localhost" and not is_loopback(host):
        raise ConfigurationError(
            f"{address} is no emulator: it is not on this machine",
            "unset PARTNER_CENTER_ENDPOINT, or set it to the address `emulator serve` printed",
        )
    try:
        answer = httpx.post(f"{address}{PREFIX}{what}", json=dict(body), trust_env=False)
    except httpx.TransportError as error:
        raise ConfigurationError(
            f"no emulator answers at {address}: {error}", "start it with `emulator serve`"
        ) from error
    if answer.is_success:
        return
    raise ConfigurationError(*_refusal(address, answer))


def _refusal(address: str, answer: httpx.Response) -> tuple[str, str]:
    try:
        told = answer.json()
        return str(told["message"]), str(told["remedy"])
    except (ValueError, KeyError, TypeError):
        message = f"{address} is no emulator: it answered {answer.status_code}"
        return message, "set PARTNER_CENTER_ENDPOINT to the address `emulator serve` printed"
