"""A service that takes bearer tokens: ten lines of ASGI, for the tests of the auth flow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth

ENDPOINT = "https://api.partnercenter.microsoft.com"


@dataclass(slots=True)
class FakeService:
    """`answers` says the status for the token of a request; what was asked is kept."""

    answers: Callable[[str], int] = lambda _: 200
    tokens: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """The MS-RequestId and MS-CorrelationId of each."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        self.bodies.append((await receive())["body"])
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.calls.append((headers.get("ms-requestid", ""), headers.get("ms-correlationid", "")))
        token = headers.get("authorization", "")
        self.tokens.append(token)
        status = self.answers(token)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})

    def client(self, auth: PartnerCenterAuth) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self)
        return httpx.AsyncClient(auth=auth, transport=transport, base_url=ENDPOINT)
