"""Finds a validation code's file within the folders that a manifest may read; reads none."""

from __future__ import annotations

import os
from pathlib import Path


def find_code_file(name: str, folder: Path, secrets_folder: Path | None) -> Path | None:
    """Find where the file `name` is or may come to be, symbolic links followed.

    A relative name is sought in the manifest's `folder`, then in `secrets_folder`: where something
    of that name is there, it decides. Before there is such a file, one lawful place is enough.
    None where it is outside both folders.
    """
    roots = [Path(os.path.realpath(root)) for root in (folder, secrets_folder) if root is not None]
    candidates = [root / name for root in roots]
    present = [candidate for candidate in candidates if os.path.lexists(candidate)]
    # Not Path.resolve: it raises for a loop of links.
    places = [Path(os.path.realpath(candidate)) for candidate in present[:1] or candidates]
    return next((place for place in places if any(root in place.parents for root in roots)), None)
