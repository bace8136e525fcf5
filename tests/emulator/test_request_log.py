"""The request log has a line for each request, and nothing that is secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.emulator import open_emulator
from reconciler.emulator.request_log import append_lines
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import CODE, MADE_GCC, PLAIN, Client, qualifications_of, script, seed

TOKEN = "planted-access-token"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "MS-RequestId": "the-request",
    "MS-CorrelationId": "the-correlation",
}


def logged(*faults: dict[str, object]) -> tuple[Client, list[Any]]:
    """A client, and the lines that its requests leave."""
    lines: list[Any] = []
    emulator = open_emulator(
        seed(),
        Path("live.yaml"),
        None,
        script(*faults),
        lambda line: lines.append(json.loads(line)),
    )
    return Client(emulator), lines


def test_a_request_is_one_line() -> None:
    """Method, path, query, ids and status are told, and when it was."""
    client, lines = logged()
    client.send("GET", f"/v1/customers/{PLAIN}/validationStatus?type=account", headers=HEADERS)
    (line,) = lines
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "method": "GET",
        "path": f"/v1/customers/{PLAIN}/validationStatus",
        "query": {"type": "account"},
        "requestId": "the-request",
        "correlationId": "the-correlation",
        "status": 404,
    }


def test_without_a_token_nothing_is_veiled() -> None:
    """A request that brings no token is told as it came."""
    client, lines = logged()
    client.get("/v1/customers", Authorization="Basic user")
    assert (lines[0]["path"], lines[0]["status"]) == ("/v1/customers", 401)


def test_a_call_that_the_emulator_does_not_know_is_a_line_too() -> None:
    """What a client asks in vain is what its author looks for."""
    client, lines = logged()
    client.get("/v1/invoices")
    assert (lines[0]["path"], lines[0]["status"]) == ("/v1/invoices", 501)


@pytest.mark.parametrize("kind", ["refuse", "truncate"])
def test_a_connection_that_ended_has_no_status(kind: str) -> None:
    """Nothing was answered, or not the whole answer: the status is null."""
    client, lines = logged({"kind": kind})
    with pytest.raises(httpx.ReadError):
        client.get(qualifications_of(PLAIN))
    assert [line["status"] for line in lines] == [None]


def test_neither_token_nor_code_is_written() -> None:
    """A create's body is left out, and a token also where it stands in the path or an id."""
    client, lines = logged()
    client.send("POST", qualifications_of(PLAIN), MADE_GCC, headers=HEADERS)
    astray = HEADERS | {"MS-RequestId": TOKEN, "MS-CorrelationId": f"x{TOKEN}"}
    client.send("GET", f"/v1/{TOKEN}?access_token={TOKEN}", headers=astray)
    assert (lines[0]["status"], len(lines)) == (201, 2)
    assert TOKEN not in json.dumps(lines)
    assert CODE not in json.dumps(lines)


def test_lines_are_appended_at_once_to_a_private_file(tmp_path: Path) -> None:
    """What an earlier run wrote stays, a line is there before the next comes, 0600."""
    path = tmp_path / "log"
    with append_lines(path) as write:
        write("first")
    with append_lines(path) as write:
        write("second")
        assert path.read_text() == "first\nsecond\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_can_not_be_opened_is_told(tmp_path: Path) -> None:
    """A folder, or a file in none, is refused before anything is served."""
    for path in (tmp_path, tmp_path / "none" / "log"):
        with pytest.raises(ConfigurationError, match="request log can't be written"):
            append_lines(path).__enter__()
