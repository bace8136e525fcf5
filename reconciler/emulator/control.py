"""The paths below /emulator that steer the emulator itself, for clients on this machine only."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.emulator.answers import answer, plain
from reconciler.emulator.vetting import Decision, Verdict
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.routing import Request
    from reconciler.emulator.world import Answer

PREFIX: Final = "/emulator/"


class Controllable(Protocol):
    """What these paths steer."""

    def state(self) -> dict[str, object]: ...

    def vet(self, verdict: Verdict) -> None: ...

    def reset(self) -> None: ...


class _VerdictBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    customer: str
    qualification: str
    decision: Annotated[Decision, Field(strict=False)]
    reason: str | None = None


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def steer(emulator: Controllable, request: Request) -> Answer:
    """Answer GET state, POST vet and POST reset; a refusal is 400 with `message` and `remedy`."""
    try:
        return _steer(emulator, request)
    except ConfigurationError as refused:
        return _refused(refused.message, refused.remedy)


def _steer(emulator: Controllable, request: Request) -> Answer:
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "state":
            return answer(HTTPStatus.OK, emulator.state())
        case "POST", "vet":
            return _vet(emulator, request.body)
        case "POST", "reset":
            emulator.reset()
            return answer(HTTPStatus.OK, {})
        case _, "state" | "vet" | "reset":
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, "GET state, POST vet, POST reset.")
        case _:
            return plain(HTTPStatus.NOT_FOUND, "GET state, POST vet, POST reset.")


def _vet(emulator: Controllable, body: bytes) -> Answer:
    try:
        asked = _VerdictBody.model_validate_json(body)
    except ValidationError:
        remedy = "send customer, qualification, decision (approve, deny or review), reason"
        return _refused("the body is no vetting decision", remedy)
    emulator.vet(Verdict(asked.customer, asked.qualification, asked.decision, asked.reason))
    return answer(HTTPStatus.OK, {})


def _refused(message: str, remedy: str) -> Answer:
    return answer(HTTPStatus.BAD_REQUEST, {"message": message, "remedy": remedy})


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
