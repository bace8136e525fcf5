"""The emulator as a Starlette application. It opens no socket, and leaves hanging up to a server.

A fault that ends the connection asks the server for it, by the extension HANG_UP of the scope:
a function that takes `reset`, which asks for a reset (RST) rather than an orderly end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette import responses
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from reconciler.emulator.control import control_routes
from reconciler.emulator.routing import read_request
from reconciler.emulator.world import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from reconciler.emulator import routing
    from reconciler.emulator.emulator import Emulator
    from reconciler.emulator.fault_effects import Broken

HANG_UP: Final = "reconciler.hang_up"

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of a request; what is cut is no readable JSON."""


def make_app(emulator: Emulator) -> Starlette:
    """Build the emulator's controls below /emulator, and the service at all other paths."""
    controls = Mount("/emulator", routes=control_routes(emulator))
    return Starlette(routes=[controls, Mount("/", _service(emulator))])


def _service(emulator: Emulator) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        given = await emulator.respond(await _read(Request(scope, receive)))
        if isinstance(given, Response):
            await _response(given)(scope, receive, send)
        else:
            await _break_off(given, scope, receive, send)

    return serve


async def _read(request: Request) -> routing.Request:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: LARGEST_BODY - len(body)]
    scope = request.scope
    query, headers = scope["query_string"], scope["headers"]
    return read_request(scope["method"], scope["path"], query, headers, bytes(body))


def _response(given: Response) -> responses.Response:
    return responses.Response(given.body, given.status, given.all_headers)


async def _break_off(broken: Broken, scope: Scope, receive: Receive, send: Send) -> None:
    """Send half of the answer that is cut, if any; then the server ends the connection."""
    if broken.sent is not None:
        whole = _response(broken.sent)
        start = {"status": whole.status_code, "headers": whole.raw_headers}
        await send({"type": "http.response.start"} | start)
        half = bytes(whole.body[: len(whole.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
    scope["extensions"][HANG_UP](reset=broken.reset)
    # What comes next is http.disconnect: to return before it would be answered by a 500.
    await receive()
