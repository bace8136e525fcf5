"""A short run of `python -m tests.chaos`: real processes, SIGKILL, every kind of fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.__main__ import main

if TYPE_CHECKING:
    import pytest


def test_nothing_is_created_twice_and_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without idempotency on the service's side, its reads lagging once."""
    code = main(["--runs", "2", "--kills", "3", "--unhurried", "--seed", "46", "--jobs", "2"])
    told = capsys.readouterr().out
    rows = {line[:44].strip(): line[44:].split() for line in told.splitlines()}
    assert code == 0, told
    assert rows["created twice"] == rows["lost"] == ["0", "0", "0"]
    assert int(rows["kills (SIGKILL)"][-1]) > 0
    assert int(rows["created"][-1]) > 0
