"""Builds a project folder and runs the program in it, as a person would."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.cli.warm import PipedFork, run_warm

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SETTINGS: Final = """\
apiVersion: reconciler/v1
kind: ReconcilerConfig
manifests: [customers/]
partnerCenter: {emulator: live.yaml}
"""


def settings(**sections: str) -> str:
    """Write a configuration on the embedded emulator; each section is given as YAML."""
    return SETTINGS + "".join(f"{name}: {text}\n" for name, text in sections.items())


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run of the program left."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


@dataclass(slots=True)
class Project:
    """A folder with a configuration, manifests and a seed."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def seed(
        self, customers: Sequence[Mapping[str, object]], codes: Mapping[str, int] | None = None
    ) -> None:
        document = {"customers": list(customers), "validationCodes": dict(codes or {})}
        self.write("live.yaml", json.dumps(document))

    def run(self, *arguments: str, stdin: str = "", timeout: float = 60, speed: float = 1) -> Ended:
        """Run a command line; its event loop's time goes `speed` times as fast as the world's."""
        environ = clean_environment() | self.environ
        return Ended(*run_warm(arguments, self.folder, environ, stdin, timeout, speed=speed))

    def start(
        self,
        *arguments: str,
        stderr: int | None = None,
        ignoring: Iterable[signal.Signals] = (),
    ) -> PipedFork:
        """Start the program, with these signals ignored as `nohup` would have it."""
        environ = clean_environment() | self.environ
        return PipedFork(arguments, self.folder, environ, stderr=stderr, ignoring=ignoring)

    @contextmanager
    def served(self, *arguments: str) -> Iterator[str]:
        """Serve the emulator from here, and give its address."""
        with self.start("emulator", "serve", "--port", "0", *arguments) as server:
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), server.communicate(timeout=10)
            yield address
            server.terminate()
            server.communicate(timeout=20)


def state_of(address: str) -> dict[str, Any]:
    """Ask a served emulator what it holds, and what it has received."""
    answer = httpx.get(f"{address}/emulator/state", trust_env=False)
    document = answer.raise_for_status().json()
    assert isinstance(document, dict)
    return document


def clean_environment() -> dict[str, str]:
    """Leave out what would change what the program does."""
    dropped = ("PARTNER_CENTER_", "AZURE_", "ACTIONS_", "GITHUB_", "NO_COLOR", "RECONCILER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def manifest(name: str, customer_id: str, qualifications: object, **spec: object) -> str:
    """Write a manifest; JSON is YAML too, so entries are given as data."""
    document = {
        "apiVersion": "reconciler/v1",
        "kind": "CustomerQualifications",
        "metadata": {"name": name},
        "spec": {"customerId": customer_id, "qualifications": qualifications, **spec},
    }
    return f"---\n{json.dumps(document)}\n"
