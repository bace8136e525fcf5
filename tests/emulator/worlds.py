"""Seeds, tokens and requests that the emulator's tests share."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from reconciler.emulator.app import make_app
from reconciler.emulator.creates import CreateRules
from reconciler.emulator.embedding import EmbeddedTransport
from reconciler.emulator.emulator import Emulator, open_emulator
from reconciler.emulator.routing import Request
from reconciler.emulator.seed import read_seed
from reconciler.emulator.service import respond
from reconciler.emulator.world import Changes, Live, Response
from reconciler.model.secret import Secret

PLAIN = "11111111-aaaa-4aaa-8aaa-000000000001"
EDUCATION = "11111111-aaaa-4aaa-8aaa-000000000002"
GCC = "11111111-aaaa-4aaa-8aaa-000000000003"
SOE = "11111111-aaaa-4aaa-8aaa-000000000004"
DENIED = "11111111-aaaa-4aaa-8aaa-000000000005"
UNQUALIFIED = "11111111-aaaa-4aaa-8aaa-000000000006"
STRANGER = "99999999-aaaa-4aaa-8aaa-000000000009"

USER = "user"
CODE = "908172"
SPENT = "554433"
NOW = datetime(2026, 3, 4, 5, 6, 7, 123456, tzinfo=UTC)
NOW_TEXT = "2026-03-04T05:06:07.123Z"
DENIED_DATE = "2020-12-03T10:37:38.885Z"
APPROVED = {
    "qualification": "Education",
    "vettingStatus": "Approved",
    "vettingCreatedDate": "2020-12-03T10:37:38.885Z",
}
GCC_HELD = {
    "qualification": "GovernmentCommunityCloud",
    "vettingStatus": "Approved",
    "vettingCreateDate": "2021-05-06T19:59:56.6832021+00:00",
}
DENIED_ELEMENT = {
    "qualification": "Education",
    "vettingStatus": "Denied",
    "vettingReason": "Not an Education Customer",
    "vettingCreatedDate": DENIED_DATE,
}
MADE_K12 = {"qualification": "Education", "educationSegment": "K12", "website": "contoso.edu"}
MADE_GCC = {"qualification": "GovernmentCommunityCloud", "validationCode": CODE}
MADE_SOE = {"qualification": "StateOwnedEntity"}


def seed() -> dict[str, object]:
    """A world with one customer for each set of qualifications."""
    return {
        "customers": [
            {"id": PLAIN.upper(), "name": "Plain School", "domain": "plain.onmicrosoft.com"},
            {"id": EDUCATION, "name": "Taught", "qualifications": [APPROVED]},
            {"id": GCC, "name": "Governed", "qualifications": [GCC_HELD]},
            {"id": SOE, "name": "Owned", "qualifications": ["StateOwnedEntity"]},
            {"id": DENIED, "name": "Refused", "qualifications": [DENIED_ELEMENT]},
            {"id": UNQUALIFIED, "name": "Nobody", "qualifications": [{"qualification": "None"}]},
        ],
        "validationCodes": {CODE: 2, SPENT: 0},
    }


def jwt(**claims: object) -> str:
    """A token that can be read as a JWT with these claims."""
    parts = [json.dumps({"alg": "none"}), json.dumps(claims), "signature"]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def wire(answer: Response) -> Any:
    return json.loads(answer.body)


@dataclass
class Desk:
    """The pure service over a seed, with the changes of the requests so far."""

    seed: dict[str, object] = field(default_factory=seed)
    changes: Changes = field(default_factory=Changes)
    now: datetime = NOW
    rules: CreateRules = field(default_factory=CreateRules)
    requests: int = 0

    def ask(self, request: Request) -> Response:
        live = Live(read_seed(self.seed), self.changes)
        answer, self.changes = respond(live, request, self.now, self.rules)
        return answer

    def get(self, path: str, token: str = USER, **query: str) -> Response:
        return self.ask(replace(self._request("GET", path, token), query=query))

    def post(self, customer: str, body: object, request_id: str = "") -> Response:
        request = self._request("POST", f"/v1/customers/{customer}/qualifications", USER)
        text = json.dumps(body).encode()
        request = replace(request, body=text, content_type="application/json")
        return self.ask(replace(request, request_id=request_id or request.request_id))

    def held(self, customer: str) -> Any:
        return wire(self.get(f"/v1/customers/{customer}/qualifications"))

    def _request(self, method: str, path: str, token: str) -> Request:
        self.requests += 1
        return Request(method, path, f"request-{self.requests}", "correlation", Secret(token))


def make_emulator(
    faults: dict[str, object] | None = None, state_dir: Path | None = None
) -> Emulator:
    return open_emulator(seed(), Path("live.yaml"), state_dir, faults)


def script(*faults: dict[str, object], seed: int = 0) -> dict[str, object]:
    """A faults document."""
    return {"seed": seed, "faults": list(faults)}


@dataclass
class Client:
    """A small client in this process, each call on a loop of its own.

    The service is asked as the embedded one is; below /emulator and with `served` the Starlette
    application answers.
    """

    emulator: Emulator
    host: str = "127.0.0.1"
    served: bool = False

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        return asyncio.run(self._send(method, path, body, headers or {}))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.send("GET", path, headers=headers)

    def create(self, customer: str, body: object, request_id: str = "") -> httpx.Response:
        headers = {"MS-RequestId": request_id} if request_id else {}
        return self.send("POST", qualifications_of(customer), body, headers=headers)

    def held(self, customer: str) -> Any:
        return self.get(qualifications_of(customer)).json()

    def state(self) -> Any:
        return self.get("/emulator/state").json()

    async def _send(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        transport: httpx.AsyncBaseTransport = EmbeddedTransport(self.emulator)
        if self.served or path.startswith("/emulator"):
            transport = httpx.ASGITransport(make_app(self.emulator), client=(self.host, 1))
        content = None if body is None else json.dumps(body).encode()
        given = {"Authorization": "Bearer user", "Content-Type": "application/json"} | headers
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            return await client.request(method, path, content=content, headers=given)


def qualifications_of(customer: str) -> str:
    return f"/v1/customers/{customer}/qualifications"
