"""Tells what a path is kept for, so that no document and no log is written there; reads no file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

MANIFEST_SUFFIXES: Final = (".yaml", ".yml")

_OURS: Final = re.compile(r"(journal|apply\.lock|emulator-).*")
"""What the files of a stateDir are called."""


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Files by what they are, and the places where manifests and the files of a run are.

    A path counts by the file that would be replaced: links are followed, and two spellings of one
    name are one where the file system says so.
    """

    named: tuple[tuple[str, Path], ...] = ()
    manifests: tuple[Path, ...] = ()
    state_dir: Path | None = None
    repository: Path | None = None

    def beside(self, what: str, files: Iterable[Path | None]) -> Self:
        """Keep these files too; those that are None are none."""
        more = tuple((what, file) for file in files if file is not None)
        return replace(self, named=self.named + more)

    def refuse(self, path: Path | None) -> None:
        """Raise StateError where writing to `path` would replace what is kept, or join it."""
        kept = None if path is None else self.at(path)
        if kept is not None:
            raise StateError(f"{path} can't be written: it is {kept}", "name another file")

    def at(self, path: Path) -> str | None:
        """Tell what is or would be at `path`; None where it is kept for nothing."""
        real = Path(os.path.realpath(path))
        if self._is_of_state(real):
            return "in stateDir, where the journal and the lock are"
        for what, file in self.named:
            if _is_same(real, file):
                return what
        if any(_is_manifest(real, place) for place in self.manifests):
            return "among the manifests"
        return None

    def _is_of_state(self, real: Path) -> bool:
        """A stateDir that holds the repository holds other files too: ours are told by name."""
        folder = self.state_dir
        if folder is None or not any(_is_same(parent, folder) for parent in real.parents):
            return False
        around = () if self.repository is None else (self.repository, *self.repository.parents)
        holds_all = any(_is_same(each, folder) for each in around)
        return not holds_all or _OURS.fullmatch(real.name) is not None


def _is_manifest(real: Path, place: Path) -> bool:
    """Tell a manifest at or under `place`, also one to come; what is hidden is none."""
    if _is_same(real, place):
        return True
    if real.suffix.lower() not in MANIFEST_SUFFIXES:
        return False
    above = next((parent for parent in real.parents if _is_same(parent, place)), None)
    return above is not None and not any(
        part.startswith(".") for part in real.relative_to(above).parts
    )


def _is_same(one: Path, other: Path) -> bool:
    """Tell two spellings of one file or folder, also where case doesn't count."""
    try:
        return one.samefile(other)
    except OSError:
        return one == Path(os.path.realpath(other))
