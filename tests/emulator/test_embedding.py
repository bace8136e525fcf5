"""The embedded emulator needs no server, and tells a broken connection as httpx does."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.emulator.worlds import PLAIN as CUSTOMER
from tests.emulator.worlds import Client, make_emulator, qualifications_of, script

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
