"""Compares the manifests of the working tree with those of a merge base, document by document.

It compares what documents say, never lines: one that only moved or was re-commented is unchanged.
Of the base it reads only the files that differ. Where the history can't be relied on, it says so
and narrows nothing.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from reconciler.manifests.reader import load_manifests
from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Severity, Source
from reconciler.selection.configuration_changes import compare_configuration
from reconciler.selection.git import (
    TreeEntry,
    find_commit,
    list_tree,
    merge_base,
    open_repository,
    read_files,
    unchanged_files,
)
from reconciler.selection.repository import HistoryUnavailable, Repository
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.findings import Finding
    from reconciler.model.state import CustomerId, DesiredCustomer, DesiredState

_SUFFIXES: Final = (".yaml", ".yml")
_CONFIGURATIONS: Final = ("reconciler.yaml", "reconciler.yml")
"""Always read: they name the files beside them that are no manifests."""

_SUBMODULE: Final = "160000"
_NOWHERE: Final = Source("", 0, 0)
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class ManifestPlaces:
    """Where the desired state was loaded from. Its sources are relative to `folder`.

    `configuration` is where the configuration's file is, or would be.
    """

    configuration: Path
    folder: Path
    paths: tuple[Path, ...]
    secrets_folder: Path | None = None
    skip: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class ManifestChanges:
    """What differs from the merge base. `changed` is None where all must be planned.

    `findings` tell what of the configuration changed.
    """

    changed: frozenset[CustomerId] | None
    dropped: tuple[DesiredCustomer, ...] = ()
    note: str = ""
    findings: tuple[Finding, ...] = ()


def find_changes(desired: DesiredState, ref: str, places: ManifestPlaces) -> ManifestChanges:
    """Compare with the merge base of HEAD and `ref`. Raises UsageError for a ref that is none."""
    try:
        repository = open_repository(places.folder)
        commit = merge_base(repository, find_commit(repository, ref), ref)
        configuration = compare_configuration(repository, commit, places.configuration)
    except HistoryUnavailable as reason:
        return ManifestChanges(None, note=f"full plan: {reason}")
    try:
        base = _open_base(repository, commit, places)
        changes = _compare(desired, base, _load(base))
    except HistoryUnavailable as reason:
        return ManifestChanges(None, note=f"full plan: {reason}", findings=configuration.findings)
    if configuration.reason:
        note = f"full plan: {configuration.reason} the merge base with {ref}"
        return ManifestChanges(None, changes.dropped, note, configuration.findings)
    count = f"{len(changes.changed or ())} of {len(desired.customers)} customers"
    note = f"{count} changed since the merge base with {ref} ({commit[:_SHORT]})"
    return replace(changes, note=note)


@dataclass(frozen=True, slots=True)
class _Base:
    """What of the merge base has to be read. Paths are relative to the git root."""

    repository: Repository
    places: ManifestPlaces
    folder: str
    tops: tuple[str, ...]
    unchanged: frozenset[str]
    to_read: tuple[TreeEntry, ...]

    def may_differ(self, customer: DesiredCustomer) -> bool:
        """Tell whether the customer stands in a file that is not the same at the base."""
        file = posixpath.normpath(posixpath.join(self.folder, customer.source.file))
        return file not in self.unchanged


def _open_base(repository: Repository, commit: str, places: ManifestPlaces) -> _Base:
    folder, *tops = (
        _path_in_tree(repository, path, places.folder) for path in (places.folder, *places.paths)
    )
    listed = list_tree(repository, commit, tops)
    entries = [entry for entry in listed if _may_hold_manifests(entry, tops)]
    same = unchanged_files(repository, entries)
    unchanged = frozenset(path for path in same if _file_name(path) not in _CONFIGURATIONS)
    return _Base(
        repository=repository,
        places=places,
        folder=folder,
        tops=tuple(tops),
        unchanged=unchanged,
        to_read=tuple(entry for entry in entries if entry.path not in unchanged),
    )


def _file_name(path: str) -> str:
    return posixpath.basename(path)


def _path_in_tree(repository: Repository, path: Path, folder: Path) -> str:
    """Spell `path` relative to the git root, whose own path is the empty text.

    Raises HistoryUnavailable where it is elsewhere, or behind a link.
    """
    real = os.path.realpath(path)
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))  # noqa: PTH100
    if os.path.normpath(os.path.join(os.path.realpath(folder), relative)) != real:  # noqa: PTH118
        raise HistoryUnavailable(
            f"a symbolic link leads to {show(relative)}, and git keeps no track of that"
        )
    if not Path(real).is_relative_to(repository.root):
        raise HistoryUnavailable(f"{show(relative)} is outside the git repository")
    inside = Path(real).relative_to(repository.root).as_posix()
    return "" if inside == "." else inside


def _may_hold_manifests(entry: TreeEntry, tops: Sequence[str]) -> bool:
    """Tell the files that could be manifests.

    Raises HistoryUnavailable for a link or a submodule, which only lead to some.
    """
    below = [_path_below(entry.path, top) for top in tops]
    if entry.mode == _SUBMODULE and any(path is not None for path in below):
        raise HistoryUnavailable(f"{show(entry.path)} is a submodule, whose history is its own")
    found = any(path == "" or (path is not None and _is_manifest(path)) for path in below)
    if found and not entry.is_file:
        raise HistoryUnavailable(f"{show(entry.path)} is a symbolic link at the merge base")
    return found


def _path_below(path: str, top: str) -> str | None:
    """Tell the way from `top` down to `path`, None where it is elsewhere."""
    if path == top:
        return ""
    return path.removeprefix(f"{top}/") if path.startswith(f"{top}/") else (None if top else path)


def _is_manifest(path: str) -> bool:
    # A part `..`, which only a commit made by hand can have, is hidden too: nothing is written
    # outside of the copy. Only Windows takes a backslash for more than a letter.
    hidden = any(part.startswith(".") for part in path.replace(os.sep, "/").split("/"))
    return path.endswith(_SUFFIXES) and not hidden


def _load(base: _Base) -> tuple[DesiredCustomer, ...]:
    """Load what the files to be read say at the base.

    Raises HistoryUnavailable where that is not valid.
    """
    if not base.to_read:
        return ()
    with TemporaryDirectory() as temporary:
        root = Path(os.path.realpath(temporary))
        for entry, content in read_files(base.repository, base.to_read):
            _write(root, entry, content)
        return _load_copy(base, root)


def _write(root: Path, entry: TreeEntry, content: bytes) -> None:
    path = root / entry.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise HistoryUnavailable(
            f"{show(entry.path)} can't be looked at: {error.strerror}"
        ) from None


def _load_copy(base: _Base, root: Path) -> tuple[DesiredCustomer, ...]:
    """Load the copy at `root`, laid out as the repository is, by the rules of the original."""
    repository_root = base.repository.root
    copied = {path: Path(os.path.realpath(path)) for path in base.places.skip}
    skip = {
        root / real.relative_to(repository_root)
        for real in copied.values()
        if real.is_relative_to(repository_root)
    }
    try:
        loaded = load_manifests(
            [root / top for top in base.tops if (root / top).exists()],
            base=root / base.folder,
            secrets_folder=base.places.secrets_folder,
            skip=frozenset(skip),
        )
    except ConfigurationError:  # there is no manifest among them
        return ()
    for diagnostic in loaded.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            raise HistoryUnavailable(
                f"the merge base is invalid, at {diagnostic.source}: {diagnostic.message}"
            )
    return loaded.desired.customers


def _compare(
    desired: DesiredState, base: _Base, before: Sequence[DesiredCustomer]
) -> ManifestChanges:
    earlier = {customer.customer_id: _without_places(customer) for customer in before}
    now = desired.by_id
    differing = {id_: each for id_, each in now.items() if base.may_differ(each)}
    for customer_id in earlier:
        if customer_id in now and customer_id not in differing:
            raise HistoryUnavailable(f"the merge base declares customer {customer_id} twice")
    changed = (id_ for id_, each in differing.items() if earlier.get(id_) != _without_places(each))
    dropped = tuple(customer for customer in before if customer.customer_id not in now)
    return ManifestChanges(frozenset(changed), dropped)


def _without_places(customer: DesiredCustomer) -> DesiredCustomer:
    """Strip off where it stands: what is left is what it says."""
    entries = (replace(entry, source=_NOWHERE) for entry in customer.qualifications)
    return replace(
        customer,
        source=_NOWHERE,
        qualifications_source=_NOWHERE,
        qualifications=tuple(entries),
    )
