"""The copies of the JSON Schemas that `init` writes for editors, and which of them are old.

A copy is only ever compared: nothing of it is shown or followed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from reconciler.scaffold import CONFIGURATION_SCHEMA, MANIFEST_SCHEMA
from reconciler.yaml_text.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KINDS: Final = {MANIFEST_SCHEMA: "manifest", CONFIGURATION_SCHEMA: "config"}


def schema_texts() -> dict[str, str]:
    """Write the schemas of this version, each under its place in a repository."""
    from reconciler.cli.schema import schema_of  # noqa: PLC0415 - slow to import
    from reconciler.documents.shape import to_json  # noqa: PLC0415 - as above

    return {place: to_json(schema_of(kind)) for place, kind in _KINDS.items()}


def stale_copies(folder: Path) -> Iterator[str]:
    """Find the copies in `folder` that are another version's, and say how each is written anew."""
    present = [place for place in _KINDS if (folder / place).is_file()]
    if not present:
        return
    texts = schema_texts()
    for place in present:
        copy = read_text(folder / place, place)
        if isinstance(copy, str) and _is_stale(copy, texts[place]):
            yield (
                f"{place} is not the schema of this version, so editors check by another: "
                f"`reconciler schema {_KINDS[place]} > {place}` writes it anew"
            )


def _is_stale(copy: str, text: str) -> bool:
    """Compare by value: a formatter may have laid out the copy anew. A stranger's is no copy."""
    ours = json.loads(text)
    try:
        found = json.loads(copy)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("title") == ours["title"] and found != ours
