"""Finds the files that hold manifests; it reads none but configurations, to tell them apart."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.configuration.kept_files import MANIFEST_SUFFIXES
from reconciler.model.errors import NoManifests
from reconciler.model.findings import Diagnostic, Severity, Source
from reconciler.yaml_text.events import Reading, YamlDocument, read_documents
from reconciler.yaml_text.places import Places
from reconciler.yaml_text.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.yaml_text.places import YamlValue

_CONFIGURATIONS: Final = ("reconciler.yaml", "reconciler.yml")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file, and what people know it as: relative to the base folder, with `/`.

    Its paths are text: making a Path of each takes a while where there are many.
    """

    file: str
    folder: Path
    name: str
    real_path: str

    @property
    def path(self) -> str:
        """What is opened: a file without a name, as behind /dev/fd/9, has no real path."""
        return os.path.join(self.folder, self.name)  # noqa: PTH118  # see above


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Each file once, in the order of what people know them as."""

    files: tuple[ManifestFile, ...]
    diagnostics: tuple[Diagnostic, ...]


def find_manifests(
    paths: Sequence[Path], base: Path, skip: frozenset[Path] = frozenset()
) -> FoundFiles:
    """Find the manifests' files at and under `paths`; never those of `skip` (resolved).

    Raises ConfigurationError where one of `paths` does not exist.
    """
    search = _Search(base)
    for path in paths:
        search.start(Path(os.path.abspath(path)))  # noqa: PTH100  # resolve follows links
    never = {str(each) for each in skip} | search.configurations()
    unique: dict[str, ManifestFile] = {}
    for found in sorted(search.found, key=lambda found: (found.file, found.real_path)):
        if found.real_path not in never:
            unique.setdefault(found.real_path, found)
    return FoundFiles(tuple(unique.values()), tuple(dict.fromkeys(search.diagnostics)))


def shown(path: str | Path, base: Path) -> str:
    """Spell `path` relative to `base` with `/`; bytes that are no text are spelt as escapes."""
    relative = os.path.relpath(path, base).replace(os.sep, "/")
    return _as_text(relative)


def _as_text(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder on the way down, its links resolved: what is below it needs no more asking."""

    path: Path
    shown: str
    real: str

    def file(self, name: str) -> ManifestFile:
        text = _as_text(name)
        known_as = text if self.shown == "." else f"{self.shown}/{text}"
        return ManifestFile(known_as, self.path, name, os.path.join(self.real, name))  # noqa: PTH118  # ten times as fast


class _Search:
    """One search for manifests, over all the paths that were asked for."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.found: list[ManifestFile] = []
        self.diagnostics: list[Diagnostic] = []

    def start(self, path: Path) -> None:
        # Not Path.is_dir, Path.exists, Path.is_symlink: they raise where a path is too long.
        if os.path.isdir(path):  # noqa: PTH112  # see above
            self._walk(path)
        elif os.path.exists(path):  # noqa: PTH110  # see above
            real = os.path.realpath(path)
            known_as = shown(path, self.base)
            self.found.append(ManifestFile(known_as, path.parent, path.name, real))
        else:
            message = f"{shown(path, self.base)} does not exist"
            raise NoManifests(message, "name a file or a folder that holds manifests")

    def _walk(self, top: Path) -> None:
        root = os.path.realpath(top)
        folders = [_Folder(top, shown(top, self.base), root)]
        while folders:
            folder = folders.pop()
            for entry in self._list(folder.path):
                if entry.is_symlink():
                    self._follow(folder, entry, root)
                elif entry.is_dir():
                    folders.append(self._below(folder, entry.name))
                elif entry.name.endswith(MANIFEST_SUFFIXES):
                    self.found.append(folder.file(entry.name))

    def _below(self, folder: _Folder, name: str) -> _Folder:
        path = folder.path / name
        return _Folder(path, shown(path, self.base), os.path.join(folder.real, name))  # noqa: PTH118  # as in file

    def _list(self, folder: Path) -> list[os.DirEntry[str]]:
        """List what is in a folder; what is hidden is left out."""
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            message = f"the folder {shown(folder, self.base)} can't be read: {error.strerror}"
            self._complain("syntax", message, "make it readable, or take it away", folder)
            return []

    def _follow(self, folder: _Folder, link: os.DirEntry[str], root: str) -> None:
        """Take the file that a link leads to; one that leads out could show what it leads to.

        A link to a folder within is not followed: what is there is found in its place.
        """
        path = folder.path / link.name
        is_folder = os.path.isdir(path)  # noqa: PTH112  # as in start
        if not is_folder and not link.name.endswith(MANIFEST_SUFFIXES):
            return
        real = os.path.realpath(path)
        if Path(root) not in Path(real).parents:
            message = f"{shown(path, self.base)} is a symbolic link that leads out of the folder"
            self._complain("outside-folder", message, "put what it leads to in its place", path)
        elif not is_folder:
            self.found.append(replace(folder.file(link.name), real_path=real))

    def _complain(self, rule: str, message: str, remedy: str, path: Path) -> None:
        source = Source(shown(path, self.base), 1, 1)
        self.diagnostics.append(Diagnostic(rule, Severity.ERROR, message, remedy, source))

    def configurations(self) -> set[str]:
        """Find the configurations among the files, and the emulators' seeds that they name."""
        never = set()
        for found in self.found:
            if found.name in _CONFIGURATIONS and (data := _read_configuration(found)):
                never.add(found.real_path)
                match data:
                    case {"partnerCenter": {"emulator": str(seed)}} if "\0" not in seed:
                        never.add(os.path.realpath(found.folder / seed))
        return never


def _read_configuration(found: ManifestFile) -> YamlValue:
    """Read the file where it is a configuration, else None."""
    text = read_text(found.path, found.file)
    if isinstance(text, Diagnostic):
        return None
    document = next(read_documents(text, Reading(found.file)), None)
    match document:
        case YamlDocument(places=Places(root={"kind": "ReconcilerConfig"} as data)):
            return data
        case _:
            return None


def find_code_file(name: str, folder: Path, secrets_folder: Path | None) -> Path | None:
    """Find where the file `name` is or may come to be, symbolic links followed.

    A relative name is sought in the manifest's `folder`, then in `secrets_folder`: where something
    of that name is there, it decides. Before there is such a file, one valid place is enough.
    None where it is outside both folders.
    """
    roots = [Path(os.path.realpath(root)) for root in (folder, secrets_folder) if root is not None]
    candidates = [root / name for root in roots]
    present = [candidate for candidate in candidates if os.path.lexists(candidate)]
    # Not Path.resolve: it raises for a loop of links.
    places = [Path(os.path.realpath(candidate)) for candidate in present[:1] or candidates]
    return next((place for place in places if any(root in place.parents for root in roots)), None)
