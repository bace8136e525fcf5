"""`reconciler.yaml` and what the environment says over it, read into one Configuration.

Every problem is told at once, with its place. Nothing that signs in is read here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconciler.configuration.clouds import Cloud
from reconciler.configuration.environment import read_overrides
from reconciler.configuration.kept_files import KeptFiles
from reconciler.model.errors import ConfigurationError
from reconciler.model.plan import Target
from reconciler.model.policy import Policy
from reconciler.validation.problems import Problem, located
from reconciler.yaml_text.documents import invalid_document, load_document
from reconciler.yaml_text.text_files import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from reconciler.configuration.config_model import (
        ConfigurationFile,
        PartnerCenterSection,
        PolicySection,
    )
    from reconciler.configuration.environment import Overrides
    from reconciler.model.findings import Diagnostic
    from reconciler.yaml_text.documents import DocumentPlaces

__all__ = [
    "Cloud",
    "Configuration",
    "PartnerCenterSettings",
    "config_schema",
    "find_configuration",
    "load_configuration",
]

CONFIGURATION_FILE: Final = "reconciler.yaml"
EMULATOR: Final = "emulator"
"""The address of the embedded emulator, as plans tell it."""


@dataclass(frozen=True, slots=True)
class PartnerCenterSettings:
    """Which Partner Center, and how hard it is asked. At most one of the two addresses is set."""

    cloud: Cloud = Cloud.GLOBAL
    tenant_id: str | None = None
    endpoint: str | None = None
    emulator: Path | None = None
    requests_per_minute: int | None = None
    concurrency: int = 8

    @property
    def address(self) -> str:
        """The base address without a slash at its end, or `emulator` for the embedded one."""
        if self.emulator is not None:
            return EMULATOR
        return self.cloud.address if self.endpoint is None else self.endpoint

    def at_share(self, share: Fraction) -> PartnerCenterSettings:
        """Divide the ceiling among runs that go at once: it is one service that they ask."""
        if self.requests_per_minute is None:
            return self
        return replace(self, requests_per_minute=max(1, int(self.requests_per_minute * share)))


@dataclass(frozen=True, slots=True)
class Configuration:
    """Paths are absolute; `path` is None where there is no file and defaults hold."""

    path: Path | None
    folder: Path
    manifests: tuple[Path, ...]
    secrets_folder: Path | None
    state_dir: Path
    partner_center: PartnerCenterSettings
    policy: Policy
    audit_log: Path | None = None
    """Where what is sent is put on record, where that is asked for."""
    seed: Path | None = None
    """The emulator's seed that the file names, also where the environment names an address."""

    @property
    def not_manifests(self) -> frozenset[Path]:
        """The files that are never manifests wherever they lie, links followed.

        The seed is among them also where the environment names an address in its place.
        """
        files = (self.path, self.seed)
        # Not Path.resolve: it raises for a loop of links.
        return frozenset(Path(os.path.realpath(file)) for file in files if file is not None)

    @property
    def kept_files(self) -> KeptFiles:
        """What no document is written over: what this configuration names, and itself."""
        places = KeptFiles((), self.manifests, self.state_dir, self.folder)
        inputs = places.beside("the configuration", [self.path])
        inputs = inputs.beside("the emulator's seed", [self.seed])
        return inputs.beside("the audit log", [self.audit_log])

    @property
    def target(self) -> Target:
        """Where live state is, as plans name it."""
        return Target(self.partner_center.address, self.partner_center.tenant_id)


def find_configuration(path: Path | None, cwd: Path) -> Path | None:
    """The file to load: the one asked for, else `reconciler.yaml` where there is one."""
    if path is not None:
        return cwd / path
    usual = cwd / CONFIGURATION_FILE
    return usual if os.path.lexists(usual) else None


def load_configuration(path: Path | None, environ: Mapping[str, str], cwd: Path) -> Configuration:
    """Load the file at `path`, or `reconciler.yaml`; ConfigurationError with every problem."""
    found = find_configuration(path, cwd)
    if found is None or not os.path.lexists(found):
        missing = CONFIGURATION_FILE if path is None else path.as_posix()
        raise ConfigurationError(
            f"there is no configuration {missing}",
            "run `reconciler init` to write one, or name one with --config",
        )
    shown = found.relative_to(cwd) if found.is_relative_to(cwd) else found
    data, places = load_document(found, shown=shown.as_posix(), limit=MAX_BYTES)
    written, mistakes = _read_file(data, places)
    overrides, refusals = read_overrides(environ)
    if written is None or refusals:
        raise invalid_document((*mistakes, *refusals))
    configuration = _configuration(written, overrides, found)
    _refuse_kept_log(configuration, places)
    return configuration


def _refuse_kept_log(configuration: Configuration, places: DocumentPlaces) -> None:
    """A log among other files would break them, or be replaced with them."""
    log = configuration.audit_log
    kept = None if log is None else replace(configuration, audit_log=None).kept_files.at(log)
    if kept is not None:
        message = f"auditLog names a file that is {kept}"
        remedy = "name another file, as audit.jsonl"
        problem = Problem("invalid-value", message, remedy, ("auditLog",))
        raise invalid_document((located(problem, places),))


def _read_file(
    data: object, places: DocumentPlaces
) -> tuple[ConfigurationFile | None, list[Diagnostic]]:
    # Late: building the models takes longer than most commands that never come here.
    from reconciler.configuration.config_model import read_model  # noqa: PLC0415  # see above

    written = read_model(data)
    if isinstance(written, list):
        return None, sorted((located(each, places) for each in written), key=_place)
    return written, []


def _place(diagnostic: Diagnostic) -> tuple[int, int]:
    source = diagnostic.source
    return (source.line, source.column) if source is not None else (0, 0)


def _configuration(written: ConfigurationFile, overrides: Overrides, path: Path) -> Configuration:
    folder = path.parent.resolve()
    return Configuration(
        path=folder / path.name,
        folder=folder,
        manifests=tuple(folder / each for each in written.manifests),
        secrets_folder=_below(folder, written.secrets_folder),
        state_dir=folder / written.state_dir,
        partner_center=_settings(written.partner_center, overrides.endpoint, folder),
        policy=_policy(written.policy),
        audit_log=_below(folder, written.audit_log),
        seed=_below(folder, written.partner_center.emulator),
    )


def _below(folder: Path, path: str | None) -> Path | None:
    return None if path is None else folder / path


def _settings(
    section: PartnerCenterSection, endpoint: str | None, folder: Path
) -> PartnerCenterSettings:
    """The address of the environment takes the place of both the file's endpoint and emulator."""
    return PartnerCenterSettings(
        cloud=section.cloud,
        tenant_id=None if section.tenant_id is None else section.tenant_id.lower(),
        endpoint=section.endpoint if endpoint is None else endpoint,
        emulator=_below(folder, section.emulator) if endpoint is None else None,
        requests_per_minute=section.requests_per_minute,
        concurrency=section.concurrency,
    )


def _policy(section: PolicySection) -> Policy:
    return Policy(
        permit=frozenset(section.permit),
        max_creates=section.max_creates,
        fail_on=frozenset(section.fail_on),
        undeclared=section.undeclared,
        account_status=section.account_status,
        customer_agreement=section.customer_agreement,
    )


def config_schema() -> dict[str, Any]:
    """JSON Schema of a configuration, for editors and other tools."""
    from reconciler.configuration.config_model import ConfigurationFile  # noqa: PLC0415  # as in _read_file
    from reconciler.validation.strict_models import json_schema  # noqa: PLC0415  # as in _read_file

    return json_schema(ConfigurationFile)
