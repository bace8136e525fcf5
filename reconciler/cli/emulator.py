"""`reconciler emulator`: the offline Partner Center as a server, its reset, vetting decisions."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import INTERRUPTED, TERMINATED
from reconciler.cli.help import Group
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import say
from reconciler.configuration.config import find_configuration, load_configuration
from reconciler.configuration.environment import read_overrides
from reconciler.configuration.kept_files import KeptFiles
from reconciler.emulator.vetting import VettingDecision, VettingRequest
from reconciler.manifests.loading import load_desired
from reconciler.manifests.reader import load_document
from reconciler.model.errors import ConfigurationError, ManifestsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.configuration.config import Configuration
    from reconciler.emulator.emulator import Emulator

DEFAULT_PORT = 8085


@click.group(
    cls=Group, help="Run the offline Partner Center, take it back to its seed, vet qualifications."
)
@global_options
def command(_flags: Globals) -> None:
    """Hold the three commands below."""


@command.command(help="Serve the emulator over HTTP on 127.0.0.1. Its address is the first line.")
@click.argument("seed", required=False, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True)
@click.option("--faults", type=click.Path(path_type=Path), help="The faults to inject.")
@click.option("--log", type=click.Path(path_type=Path), help="Append a line of JSON per request.")
@global_options
def serve(
    flags: Globals, seed: Path | None, *, port: int, faults: Path | None, log: Path | None
) -> int:
    import signal  # noqa: PLC0415 - for serving only
    from contextlib import nullcontext  # noqa: PLC0415 - as above

    from reconciler.emulator.request_log import append_lines  # noqa: PLC0415 - as above
    from reconciler.emulator.server import serve as serve_emulator  # noqa: PLC0415 - as above

    embedded = _embedded(flags, seed)
    kept = _kept_files(flags).beside("the emulator's seed", [embedded.seed])
    kept.beside("the faults", [faults]).refuse(log)
    with nullcontext() if log is None else append_lines(log) as write_log:
        emulator = _open(embedded, faults, write_log)
        ended_by = serve_emulator(emulator, port, click.echo)
    return TERMINATED if ended_by == signal.SIGTERM else INTERRUPTED


@command.command(help="Go back to the seed.")
@global_options
def reset(flags: Globals) -> int:
    from reconciler.emulator.store import open_store  # noqa: PLC0415 - for this command only
    from reconciler.operations.settle import forget_creates  # noqa: PLC0415 - as above

    configuration = _configuration(flags)
    address = _served(flags)
    if address is not None:
        _ask(address, "reset", {})
    else:
        embedded = _embedded(flags, None)
        open_store(embedded.seed, embedded.state_dir).reset()
    if configuration is not None:
        forget_creates(configuration)
    say(f"the emulator {f'at {address} ' if address else ''}is back at its seed")
    return 0


@command.command(help="Put a vetting decision. CUSTOMER is an id, a name or a domain.")
@click.argument("customer")
@click.argument("qualification")
@click.argument("decision", type=click.Choice([decision.value for decision in VettingDecision]))
@click.option("--reason", help="Why it is denied.")
@global_options
def vet(
    flags: Globals, customer: str, qualification: str, decision: str, *, reason: str | None
) -> int:
    named = _by_manifest_name(flags, customer)
    request = VettingRequest(named, qualification, VettingDecision(decision), reason)
    address = _served(flags)
    if address is None:
        _open(_embedded(flags, None), None).vet(request)
    else:
        body = {"customer": named, "qualification": qualification, "decision": decision}
        _ask(address, "vet", body if reason is None else body | {"reason": reason})
    say(f"{qualification} of {customer}: {decision}")
    return 0


@dataclass(frozen=True, slots=True)
class _Embedded:
    seed: Path
    state_dir: Path | None


def _configuration(flags: Globals) -> Configuration | None:
    cwd = Path.cwd()
    found = find_configuration(flags.config, cwd)
    return None if found is None else load_configuration(found, os.environ, cwd)


def _kept_files(flags: Globals) -> KeptFiles:
    configuration = _configuration(flags)
    return KeptFiles() if configuration is None else configuration.kept_files


def _embedded(flags: Globals, seed: Path | None) -> _Embedded:
    """Find the seed; without a configuration nothing is kept on disk."""
    configuration = _configuration(flags)
    if seed is not None:
        return _Embedded(seed, None if configuration is None else configuration.state_dir)
    if configuration is None or configuration.partner_center.emulator is None:
        raise ConfigurationError(
            "no seed is named, and no configuration names one",
            "name a SEED, set partnerCenter.emulator in reconciler.yaml, or set "
            "PARTNER_CENTER_ENDPOINT to the address of a served emulator",
        )
    return _Embedded(configuration.partner_center.emulator, configuration.state_dir)


def _open(
    embedded: _Embedded, faults: Path | None, write_log: Callable[[str], None] | None = None
) -> Emulator:
    from reconciler.emulator.emulator import open_emulator  # noqa: PLC0415 - for these only

    seed, _ = load_document(embedded.seed)
    scripted = None if faults is None else load_document(faults)[0]
    return open_emulator(seed, embedded.seed, embedded.state_dir, scripted, write_log)


def _served(flags: Globals) -> str | None:
    """Find the address of a served emulator, where the configuration or environment has one."""
    overrides, problems = read_overrides(os.environ)
    if problems:
        remedy = "set it to the address `emulator serve` printed"
        raise ConfigurationError(problems[0].message, remedy)
    if overrides.endpoint is not None:
        return overrides.endpoint
    configuration = _configuration(flags)
    return None if configuration is None else configuration.partner_center.endpoint


def _ask(address: str, what: str, body: dict[str, str]) -> None:
    from reconciler.emulator.remote_control import control_remote  # noqa: PLC0415 - for these only

    control_remote(address, what, body)


def _by_manifest_name(flags: Globals, customer: str) -> str:
    """Let a customer be called as the manifests call it, too."""
    configuration = _configuration(flags)
    if configuration is None:
        return customer
    try:
        desired = load_desired((), configuration, Path.cwd())
    except (ConfigurationError, ManifestsInvalid):
        return customer
    names = {each.name: each.customer_id for each in desired.customers}
    return names.get(customer, customer)
