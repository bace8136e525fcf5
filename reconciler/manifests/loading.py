"""Loads the desired state that a configuration or a command line names; asks no service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.manifests.reader import check_manifests, load_manifests
from reconciler.model.errors import ManifestsInvalid
from reconciler.model.findings import Severity, Validation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.configuration.config import Configuration
    from reconciler.model.state import DesiredState


@dataclass(frozen=True, slots=True)
class _SearchPaths:
    """Where manifests are looked for, and what they may name."""

    paths: Sequence[Path]
    base: Path
    secrets_folder: Path | None = None
    skip: frozenset[Path] = frozenset()


def validate(paths: Sequence[Path], configuration: Configuration | None, cwd: Path) -> Validation:
    """Check manifests offline; without a configuration, those of the working folder.

    Raises ConfigurationError where there is no manifest.
    """
    if configuration is None:
        search = _SearchPaths([cwd / path for path in paths] or [cwd], cwd)
    else:
        search = _search(paths, configuration, cwd)
    checked = check_manifests(
        search.paths, base=search.base, secrets_folder=search.secrets_folder, skip=search.skip
    )
    return Validation(checked.documents, checked.diagnostics)


def load_desired(paths: Sequence[Path], configuration: Configuration, cwd: Path) -> DesiredState:
    """Load the desired state. Raises ManifestsInvalid with every problem, or ConfigurationError."""
    search = _search(paths, configuration, cwd)
    loaded = load_manifests(
        search.paths, base=search.base, secrets_folder=search.secrets_folder, skip=search.skip
    )
    if any(diagnostic.severity is Severity.ERROR for diagnostic in loaded.diagnostics):
        raise ManifestsInvalid(loaded.diagnostics)
    return loaded.desired


def _search(paths: Sequence[Path], configuration: Configuration, cwd: Path) -> _SearchPaths:
    return _SearchPaths(
        [cwd / path for path in paths] or configuration.manifests,
        configuration.folder,
        configuration.secrets_folder,
        configuration.not_manifests,
    )
