"""The embedded emulator needs no server, and tells a broken connection as httpx does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Final

import httpx
import pytest

from reconciler.emulator.embedding import IN_A_ROW, EmbeddedService
from tests.emulator.worlds import PLAIN as CUSTOMER
from tests.emulator.worlds import Client, make_emulator, qualifications_of, script

REQUEST_ID: Final = "6f0f5a52-0d4c-4bb2-a2a8-3c1f5a4d6e70"
IMPORTS = """
import sys
import reconciler.emulator.embedding, reconciler.emulator.emulator
print({"starlette", "uvicorn"} & sys.modules.keys())
"""


def test_no_server_is_imported() -> None:
    """A plan on the embedded emulator pays for neither Starlette nor uvicorn."""
    told = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, check=True)
    assert told.stdout.strip() == b"set()"


@pytest.mark.parametrize("kind", ["refuse", "drop-before", "drop-after", "truncate"])
def test_a_connection_that_ends_is_a_read_error(kind: str) -> None:
    """However a fault ends the connection, the client has read no whole answer."""
    client = Client(make_emulator(script({"kind": kind, "times": 1})))
    with pytest.raises(httpx.ReadError, match="dropped"):
        client.get(qualifications_of(CUSTOMER))
    assert client.get(qualifications_of(CUSTOMER)).status_code == 200


def answers_here(service: EmbeddedService, method: str, target: str) -> tuple[int, bytes]:
    headers = {"MS-RequestId": REQUEST_ID, "MS-CorrelationId": REQUEST_ID}
    status, told, body = asyncio.run(service.answer(method, target, headers, b""))
    assert told["ms-requestid"] == REQUEST_ID
    return status, body


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", qualifications_of(CUSTOMER)),
        ("GET", qualifications_of(CUSTOMER).replace("q", "%71")),
        ("GET", f"/v1/customers/{CUSTOMER}/validationStatus?type=account"),
        ("GET", f"/v1/customers/{CUSTOMER}/agreements?agreementType=%2A"),
        ("GET", "/v1/customers/nobody/qualifications"),
        ("PUT", qualifications_of(CUSTOMER)),
    ],
)
def test_without_http_between_it_answers_the_same(method: str, target: str) -> None:
    """What is cut away is HTTP's own work: paths, queries, refusals and bodies stay as they are."""
    emulator = make_emulator()
    over_http = Client(emulator).send(method, target)
    service = EmbeddedService(emulator, "Bearer user")
    assert answers_here(service, method, target) == (over_http.status_code, over_http.content)


def test_without_http_between_the_sign_in_is_the_one_it_was_given() -> None:
    """An app-only token is refused what an app-only token can't do."""
    service = EmbeddedService(make_emulator(), "Bearer app-only")
    status, _ = answers_here(service, "GET", f"/v1/customers/{CUSTOMER}/validationStatus")
    assert status == 403


@pytest.mark.parametrize("kind", ["refuse", "drop-before", "drop-after", "truncate"])
def test_without_http_between_a_connection_that_ends_is_a_read_error_too(kind: str) -> None:
    """One table tells the client what became of a call, whichever way it went."""
    service = EmbeddedService(make_emulator(script({"kind": kind})), "Bearer user")
    with pytest.raises(httpx.ReadError, match="dropped"):
        answers_here(service, "GET", qualifications_of(CUSTOMER))


def test_many_requests_in_a_row_let_others_run() -> None:
    """A signal, or a bar of progress, waits for a few answers and not for all."""

    async def run() -> int:
        service, others_ran = EmbeddedService(make_emulator(), "Bearer user"), 0

        async def other() -> None:
            nonlocal others_ran
            while True:
                others_ran += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(other())
        for _ in range(10 * IN_A_ROW):
            await service.answer("GET", qualifications_of(CUSTOMER), {}, b"")
        beside.cancel()
        return others_ran

    assert asyncio.run(run()) == 10
