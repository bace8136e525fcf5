"""Loads the desired state that a configuration or a command line names; asks no service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.documents import Validation
from reconciler.findings import ManifestsInvalid, Severity
from reconciler.manifest_yaml import LoadedManifests, load_manifests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.config import Configuration
    from reconciler.state import DesiredState


def validate(paths: Sequence[Path], configuration: Configuration | None, cwd: Path) -> Validation:
    """Check manifests offline; without a configuration, those of the working folder.

    Raises ConfigurationError where there is no manifest.
    """
    loaded = _load(paths, configuration, cwd)
    return Validation(loaded.documents, loaded.diagnostics)


def load_desired(paths: Sequence[Path], configuration: Configuration, cwd: Path) -> DesiredState:
    """Load the desired state. Raises ManifestsInvalid with every problem, or ConfigurationError."""
    loaded = _load(paths, configuration, cwd)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in loaded.diagnostics):
        raise ManifestsInvalid(loaded.diagnostics)
    return loaded.desired


def _load(paths: Sequence[Path], configuration: Configuration | None, cwd: Path) -> LoadedManifests:
    chosen = [cwd / path for path in paths]
    if configuration is None:
        return load_manifests(chosen or [cwd], base=cwd)
    return load_manifests(
        chosen or configuration.manifests,
        base=configuration.folder,
        secrets_folder=configuration.secrets_folder,
        skip=_never_manifests(configuration),
    )


def _never_manifests(configuration: Configuration) -> frozenset[Path]:
    files = (configuration.path, configuration.partner_center.emulator)
    return frozenset(file.resolve() for file in files if file is not None)
