"""The paths below /emulator that control the emulator itself, for clients on this machine only."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse
from starlette.routing import Route

from reconciler.emulator.vetting import VettingDecision, VettingRequest
from reconciler.model.errors import ConfigurationError
from reconciler.validation.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from reconciler.emulator.emulator import Emulator

    Act = Callable[[bytes], Mapping[str, object]]


class _VettingBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    customer: str
    qualification: str
    decision: Annotated[VettingDecision, Field(strict=False)]
    reason: str | None = None


def control_routes(emulator: Emulator) -> list[BaseRoute]:
    """GET state, POST vet and POST reset; a refusal is 400 with `message` and `remedy`."""

    def vet(body: bytes) -> Mapping[str, object]:
        emulator.vet(_read_vetting(body))
        return {}

    def reset(_: bytes) -> Mapping[str, object]:
        emulator.reset()
        return {}

    return [
        _route("GET", "/state", lambda _: emulator.state()),
        _route("POST", "/vet", vet),
        _route("POST", "/reset", reset),
    ]


def _route(method: str, path: str, act: Act) -> Route:
    async def answer(request: Request) -> JSONResponse:
        if request.client is None or not is_loopback(request.client.host):
            refusal = {"message": "These paths are for clients on this machine only."}
            return JSONResponse(refusal, HTTPStatus.FORBIDDEN)
        try:
            return JSONResponse(act(await request.body()))
        except ConfigurationError as refused:
            refusal = {"message": refused.message, "remedy": refused.remedy}
            return JSONResponse(refusal, HTTPStatus.BAD_REQUEST)

    return Route(path, answer, methods=[method])


def _read_vetting(body: bytes) -> VettingRequest:
    try:
        read = _VettingBody.model_validate_json(body)
    except ValidationError:
        raise ConfigurationError(
            "the body is no vetting decision",
            "send customer, qualification, decision (approve, deny or review), reason",
        ) from None
    return VettingRequest(read.customer, read.qualification, read.decision, read.reason)
