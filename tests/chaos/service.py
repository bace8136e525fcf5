"""The offline Partner Center of one run: a real server that can be stopped and started again."""

from __future__ import annotations

import json
import random as chance
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.chaos.faults import name_of
from tests.chaos.programs import environment
from tests.cli.project import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.worlds import Entry

PORTS: Final = range(12000, 32000)
"""Below the ports that systems give away by themselves: the address has to last a whole run."""

MOST_TRIES: Final = 20
UNDER_HAND: Final = 20.0
"""Seconds that anything asked of the emulator may take."""

OTHERS: Final = "another-"
"""How the request ids of other people's creates begin here."""

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so at the service, whatever anybody was told: `creates` counts what took effect."""

    customers: Mapping[str, list[Entry]]
    creates: Counts
    posts: Mapping[str, Mapping[str, Mapping[str, int]]]

    def held(self, customer_id: str, qualification: str) -> Entry | None:
        entries = self.customers[customer_id]
        return next((each for each in entries if each["qualification"] == qualification), None)

    def created(self, customer_id: str, qualification: str) -> int:
        return self.creates.get(customer_id, {}).get(qualification, 0)

    def posted(self, customer_id: str, qualification: str) -> int:
        return sum(self.posts.get(customer_id, {}).get(qualification, {}).values())


@dataclass(slots=True)
class Service:
    """`folder` keeps what was created over a stop, so that the address and the truth last."""

    folder: Path
    injected: Counter[str] = field(default_factory=Counter)
    posted_ids: set[str] = field(default_factory=set)
    """The request ids of all creates received, but for those of other people."""
    lag: float = 0.0
    """Seconds that reads may be behind creates."""
    _port: int | None = None
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False))

    def prepare(self, seed: Mapping[str, object]) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "live.json").write_text(json.dumps(seed), encoding="utf-8")
        settings = SETTINGS.replace("live.yaml", "live.json")
        (self.folder / "reconciler.yaml").write_text(settings, encoding="utf-8")

    @property
    def port(self) -> int:
        assert self._port is not None
        return self._port

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def serving(self, faults: Mapping[str, object]) -> Iterator[None]:
        """Serve with these faults, and note at the end how often each struck."""
        (self.folder / "faults.json").write_text(json.dumps(faults), encoding="utf-8")
        process = self._start()
        try:
            yield
            self._note(faults)
        finally:
            process.terminate()
            process.communicate(timeout=UNDER_HAND)

    def close(self) -> None:
        self._client.close()

    def truth(self) -> Truth:
        state = self._state()
        return Truth(state["customers"], state["creates"], state["posts"])

    def vet(self, customer_id: str, decision: str) -> None:
        body = {"customer": customer_id, "qualification": "Education", "decision": decision}
        self._client.post(f"{self.address}/emulator/vet", json=body).raise_for_status()

    def create_as_another(self, customer_id: str, body: Entry) -> None:
        """Create as somebody in Partner Center does, and wait until reads show what became of it.

        A fault may keep it from happening, or its answer from coming.
        """
        address = f"{self.address}/v1/customers/{customer_id}/qualifications"
        sign_in = {"Authorization": f"Bearer user-{chance.getrandbits(64):x}"}
        headers = sign_in | {"MS-RequestId": f"{OTHERS}{chance.getrandbits(64):x}"}
        with suppress(httpx.TransportError):
            self._client.post(address, json=body, headers=headers)
        truth = self.truth().customers[customer_id]
        for _ in range(MOST_TRIES):
            if self._read(address, headers) == truth:
                return
            time.sleep(self.lag * 2 / MOST_TRIES)

    def _read(self, address: str, headers: Mapping[str, str]) -> object:
        try:
            return self._client.get(address, headers=headers).json()
        except (httpx.TransportError, ValueError):
            return None

    def _state(self) -> dict[str, Any]:
        answer = self._client.get(f"{self.address}/emulator/state", timeout=UNDER_HAND)
        state = answer.raise_for_status().json()
        assert isinstance(state, dict)
        return state

    def _note(self, faults: Mapping[str, object]) -> None:
        state = self._state()
        asked = faults["faults"]
        assert isinstance(asked, list)
        for fault, told in zip(asked, state["faults"], strict=True):
            self.injected[name_of(fault)] += told["injected"]
        of_customers = state["posts"].values()
        self.posted_ids |= {
            request_id
            for names in of_customers
            for ids in names.values()
            for request_id in ids
            if not request_id.startswith(OTHERS)
        }

    def _start(self) -> subprocess.Popen[str]:
        """Start on the port of before; the first time, on any that is free."""
        for _ in range(MOST_TRIES):
            port = self._port or chance.choice(PORTS)  # noqa: S311 - a port is no secret
            process = self._serve(port)
            assert process.stdout is not None
            if process.stdout.readline().startswith("http://"):
                self._port = port
                return process
            process.communicate(timeout=UNDER_HAND)
            time.sleep(0.1)
        raise AssertionError(f"no emulator could be started in {self.folder}")

    def _serve(self, port: int) -> subprocess.Popen[str]:
        command = ("emulator", "serve", "live.json", "--port", str(port), "--faults", "faults.json")
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *command],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
