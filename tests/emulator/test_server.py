"""The emulator is served over a real socket, and drops real connections."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from reconciler.emulator.server import serving
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import (
    DENIED,
    EDUCATION,
    GCC,
    MADE_SOE,
    PLAIN,
    SOE,
    make_emulator,
    qualifications_of,
    script,
    seed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGN_IN = {"Authorization": "Bearer user"}
DROPS: list[dict[str, object]] = [
    {"kind": "refuse", "call": "createQualification", "customer": PLAIN, "times": 1},
    {"kind": "drop-before", "call": "createQualification", "customer": GCC, "times": 1},
    {"kind": "drop-after", "call": "createQualification", "customer": EDUCATION, "times": 1},
    {"kind": "truncate", "call": "readQualifications", "customer": SOE, "times": 1},
    {"kind": "drop-after", "call": "customer", "customer": DENIED, "times": 1},
    {"kind": "status", "call": "customers", "status": 204},
]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of one served emulator with faults for the connection."""
    with (
        serving(make_emulator(script(*DROPS))) as address,
        httpx.Client(base_url=address, headers=SIGN_IN, trust_env=False) as client,
    ):
        yield client


def held(client: httpx.Client, customer: str) -> list[Any]:
    elements = client.get(qualifications_of(customer)).json()
    return [element["qualification"] for element in elements]


def test_a_refused_connection_is_reset(client: httpx.Client) -> None:
    """refuse is a ReadError for httpx, nothing happened, and the next call goes through."""
    with pytest.raises(httpx.ReadError):
        client.post(qualifications_of(PLAIN), json=MADE_SOE)
    assert held(client, PLAIN) == []


def test_a_dropped_connection_is_closed(client: httpx.Client) -> None:
    """drop-before is a RemoteProtocolError for httpx, and nothing happened."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(qualifications_of(GCC), json=MADE_SOE)
    assert "StateOwnedEntity" not in held(client, GCC)


def test_only_the_struck_connection_is_closed(client: httpx.Client) -> None:
    """While one connection is dropped, another one stays and is answered."""
    with httpx.Client(base_url=client.base_url, headers=SIGN_IN, trust_env=False) as other:
        held(other, DENIED)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"/v1/customers/{DENIED}")
        assert held(other, DENIED) == ["Education"]


def test_a_connection_dropped_after_the_create_leaves_it(client: httpx.Client) -> None:
    """drop-after is a RemoteProtocolError for httpx, and the create happened."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(qualifications_of(EDUCATION), json=MADE_SOE)
    assert held(client, EDUCATION) == ["Education", "StateOwnedEntity"]


def test_a_truncated_answer_ends_early(client: httpx.Client) -> None:
    """truncate sends half of what Content-Length promises."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.get(qualifications_of(SOE))
    assert held(client, SOE) == ["StateOwnedEntity"]


def test_an_answer_without_a_body_is_fine(client: httpx.Client) -> None:
    """204 goes over a real connection without a body."""
    assert client.get("/v1/customers").status_code == 204


def test_connections_are_kept_alive(client: httpx.Client) -> None:
    """Two calls go over one connection."""
    address = urlsplit(str(client.base_url))
    connection = HTTPConnection(address.hostname or "", address.port)
    sockets = []
    for _ in range(2):
        connection.request("GET", qualifications_of(GCC), headers=SIGN_IN)
        connection.getresponse().read()
        sockets.append(connection.sock)
    connection.close()
    assert sockets[0] is sockets[1] is not None


def test_the_state_is_served(client: httpx.Client) -> None:
    """The counts of a served emulator are read over the socket."""
    assert len(client.get("/emulator/state").json()["faults"]) == len(DROPS)


def test_a_port_that_is_taken_is_refused() -> None:
    """A port in use is told, with the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"port {port}") as refused,
            serving(make_emulator(), port),
        ):
            pass
    assert "another port" in refused.value.remedy


def test_a_port_that_is_none_is_refused() -> None:
    """A number past the last port is told like one that is taken."""
    with pytest.raises(ConfigurationError, match="port 70000"), serving(make_emulator(), 70000):
        pass


SERVE = """
import json, sys
from pathlib import Path
from reconciler.emulator.emulator import open_emulator
from reconciler.emulator.server import serve

seed, faults = json.loads(sys.argv[1])
emulator = open_emulator(seed, Path("live.yaml"), None, faults)
ended_by = serve(emulator, 0, lambda address: print(address, flush=True))
print("ended by", ended_by)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly(number: signal.Signals) -> None:
    """The first line is the address, a signal ends it, and nothing reaches stderr."""
    faults = script({"kind": "drop-after", "times": 1}, {"kind": "truncate", "times": 1})
    command = [sys.executable, "-c", SERVE, json.dumps([seed(), faults])]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with httpx.Client(base_url=address, headers=SIGN_IN, trust_env=False) as client:
            for _ in range(2):
                with pytest.raises(httpx.RemoteProtocolError):
                    client.get("/v1/customers")
            assert client.get("/v1/customers").status_code == 200
        server.send_signal(number)
        out, err = server.communicate(timeout=20)
    assert (out, err, server.returncode) == (f"ended by {int(number)}\n", "", 0)


def test_a_waiting_call_does_not_hold_the_server() -> None:
    """A call that is delayed for ever ends with the server: it is answered by 500."""
    waiting = Event()

    async def wait_for_ever(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    delayed = make_emulator(script({"kind": "delay", "seconds": 1}))
    emulator = replace(delayed, sleep=wait_for_ever)
    with ThreadPoolExecutor(1) as pool, httpx.Client(headers=SIGN_IN, trust_env=False) as client:
        with serving(emulator, grace_seconds=0) as address:
            call = pool.submit(client.get, f"{address}/v1/customers")
            waiting.wait()
        assert call.result().status_code == 500


def test_the_address_is_of_this_machine_alone() -> None:
    """The server listens on 127.0.0.1."""
    with serving(make_emulator()) as address:
        assert address.startswith("http://127.0.0.1:")
    assert Path(address).name.split(":")[1] != "0"
