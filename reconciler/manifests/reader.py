"""Reads the manifests of files and folders into desired state, with everything to say of them.

It reads regular files under the paths it is given, refuses what leads out of them, and stops at no
mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reconciler.manifests.desired import desired_customer
from reconciler.manifests.files import find_code_file, find_manifests, shown
from reconciler.manifests.validation import code_files, validate_document
from reconciler.manifests.writer import write_manifest
from reconciler.model.errors import NoManifests
from reconciler.model.findings import Diagnostic, Severity
from reconciler.model.state import DesiredState
from reconciler.validation.problems import located
from reconciler.yaml_text.documents import load_document
from reconciler.yaml_text.events import Reading, read_documents
from reconciler.yaml_text.garbage_collection import collector_paused
from reconciler.yaml_text.scalars import show
from reconciler.yaml_text.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.manifests.files import ManifestFile
    from reconciler.manifests.manifest_model import Manifest
    from reconciler.manifests.validation import ValidatedDocument
    from reconciler.model.findings import Source
    from reconciler.model.state import DesiredCustomer
    from reconciler.validation.problems import Problem
    from reconciler.yaml_text.places import Places

__all__ = [
    "CheckedManifests",
    "LoadedManifests",
    "check_manifests",
    "load_document",
    "load_manifests",
    "write_manifest",
]

_MOST_DIAGNOSTICS: Final = 10_000
"""A file with more to tell of it is not read on: it is no file of manifests."""

_NAME: Final = ("metadata", "name")
_CUSTOMER_ID: Final = ("spec", "customerId")
_QUALIFICATIONS: Final = ("spec", "qualifications")


@dataclass(frozen=True, slots=True)
class CheckedManifests:
    """What is to be told of the manifests, by its place.

    `documents` counts the documents that are YAML, valid or not.
    """

    diagnostics: tuple[Diagnostic, ...]
    documents: int


@dataclass(frozen=True, slots=True)
class LoadedManifests:
    """The customers of the valid documents, by name, and as CheckedManifests the rest."""

    desired: DesiredState
    diagnostics: tuple[Diagnostic, ...]
    documents: int


def check_manifests(
    paths: Sequence[Path],
    *,
    base: Path,
    secrets_folder: Path | None = None,
    skip: frozenset[Path] = frozenset(),
) -> CheckedManifests:
    """Check the manifests at and under `paths`; places are told relative to `base`.

    `skip` holds resolved files that are no manifests. Raises ConfigurationError where a path does
    not exist or no manifest is found.
    """
    checking = _ManifestChecks(base, secrets_folder)
    with collector_paused():
        for _ in checking.manifests(paths, skip):
            pass
    return CheckedManifests(checking.in_order(), checking.documents)


def load_manifests(
    paths: Sequence[Path],
    *,
    base: Path,
    secrets_folder: Path | None = None,
    skip: frozenset[Path] = frozenset(),
) -> LoadedManifests:
    """Check the manifests as `check_manifests` does, and load the desired state from them."""
    checking = _ManifestChecks(base, secrets_folder)
    with collector_paused():
        customers = [_desired(each) for each in checking.manifests(paths, skip)]
    customers.sort(key=lambda customer: customer.name)
    return LoadedManifests(DesiredState(tuple(customers)), checking.in_order(), checking.documents)


@dataclass(frozen=True, slots=True)
class _ValidManifest:
    manifest: Manifest
    source: Source
    places: Places


@dataclass(slots=True)
class _ManifestChecks:
    """One check of many files: what was found so far, and who was met already."""

    base: Path
    secrets_folder: Path | None
    documents: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)
    names: dict[str, Source] = field(default_factory=dict)
    customer_ids: dict[str, Source] = field(default_factory=dict)

    def in_order(self) -> tuple[Diagnostic, ...]:
        return tuple(sorted(self.diagnostics, key=_order))

    def manifests(self, paths: Sequence[Path], skip: frozenset[Path]) -> Iterator[_ValidManifest]:
        """Read everything; yield the valid manifests, whose places hold until the next one."""
        found = find_manifests(paths, self.base, skip)
        self.diagnostics += found.diagnostics
        for file in found.files:
            yield from self._read(file)
        if not self.documents and not self.diagnostics:
            places = ", ".join(shown(path, self.base) for path in paths)
            message = f"no manifest found in {places}"
            remedy = "add a manifest (*.yaml or *.yml), or name the place of the manifests"
            raise NoManifests(message, remedy)

    def _read(self, file: ManifestFile) -> Iterator[_ValidManifest]:
        text = read_text(file.path, file.file)
        if isinstance(text, Diagnostic):
            self.diagnostics.append(text)
            return
        before = len(self.diagnostics)
        for document in read_documents(text, Reading(file.file)):
            self.diagnostics += document.diagnostics
            if document.places is not None:
                self.documents += 1
                valid = self._check(document.places, file.folder)
                if valid is not None:
                    yield valid
            if len(self.diagnostics) > before + _MOST_DIAGNOSTICS:
                return

    def _check(self, places: Places, folder: Path) -> _ValidManifest | None:
        validated = validate_document(places.root)
        source = places.key(_CUSTOMER_ID)
        found = [located(problem, places) for problem in validated.problems]
        found += self._check_code_files(places, validated.problems, folder)
        duplicates = list(self._check_duplicates(validated, source, places))
        self.diagnostics += found + duplicates
        if validated.manifest is None or duplicates:
            return None
        return _ValidManifest(validated.manifest, source, places)

    def _check_duplicates(
        self, validated: ValidatedDocument, source: Source, places: Places
    ) -> Iterator[Diagnostic]:
        """Find what another manifest has already: its name, or its customer."""
        name, customer_id = validated.name, validated.customer_id
        if name is not None and (first := self.names.setdefault(name, source)) is not source:
            message = f"the name {show(name)} is taken already, by the manifest at {first}"
            yield _error("duplicate-name", message, "rename one of the two", places.value(_NAME))
        if customer_id is None:
            return
        if (first := self.customer_ids.setdefault(customer_id, source)) is not source:
            message = f"customer {customer_id} is declared already, at {first}"
            remedy = "make one manifest of the two, or mend the wrong id"
            yield _error("duplicate-customer", message, remedy, places.value(_CUSTOMER_ID))

    def _check_code_files(
        self, places: Places, problems: Sequence[Problem], folder: Path
    ) -> Iterator[Diagnostic]:
        for path, name in code_files(places.root):
            wrong = any(problem.path == path for problem in problems)
            if not wrong and find_code_file(name, folder, self.secrets_folder) is None:
                message = f"the file {show(name)} is outside the manifest's folder"
                remedy = "keep it in the manifest's folder, or in the configuration's secretsFolder"
                yield _error("outside-folder", message, remedy, places.value(path))


def _desired(valid: _ValidManifest) -> DesiredCustomer:
    places, manifest = valid.places, valid.manifest
    indexes = range(len(manifest.spec.qualifications))
    entries = [places.value((*_QUALIFICATIONS, index)) for index in indexes]
    return desired_customer(manifest, valid.source, places.key(_QUALIFICATIONS), entries)


def _error(rule: str, message: str, remedy: str, source: Source) -> Diagnostic:
    return Diagnostic(rule, Severity.ERROR, message, remedy, source)


def _order(diagnostic: Diagnostic) -> tuple[Source, str, str]:
    assert diagnostic.source is not None, "every problem of a manifest has a place"
    return diagnostic.source, diagnostic.rule, diagnostic.message
