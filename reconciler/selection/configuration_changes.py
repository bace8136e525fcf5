"""Tells what a branch changed in the configuration, key by key, by value and not by line.

Of a key that the configuration doesn't have, and of an address with a user's name or password, it
shows no value.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.model.errors import ConfigurationError
from reconciler.planning.findings import make_finding
from reconciler.selection.git import list_tree, read_files
from reconciler.yaml_text.documents import load_document
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.findings import Finding
    from reconciler.selection.git import TreeEntry
    from reconciler.selection.repository import Repository

_Key: TypeAlias = tuple[str, ...]
_Leaves: TypeAlias = "dict[_Key, object]"

_LONGEST: Final = 300
_UNSET: Final = "not set"


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """What differs from the merge base. `reason` goes before "the merge base"; empty: nothing."""

    reason: str = ""
    findings: tuple[Finding, ...] = ()


def compare_configuration(repository: Repository, commit: str, path: Path) -> ConfigurationChange:
    """Compare the file at `path` with what `commit` has in its place."""
    real = Path(os.path.realpath(path.parent)) / path.name  # a link in place of the file stays one
    place = real.relative_to(repository.root).as_posix()
    now = path.read_bytes() if path.exists() else None
    found = [entry for entry in list_tree(repository, commit, [place]) if entry.path == place]
    if not found:
        return (
            ConfigurationChange()
            if now is None
            else _describe_change(f"{path.name} is new since", path)
        )
    [(entry, before)] = read_files(repository, found)
    # Git may have written line breaks of another kind into the working tree.
    if now is not None and now.replace(b"\r\n", b"\n") == before.replace(b"\r\n", b"\n"):
        return ConfigurationChange()
    if now is None or not entry.is_file:
        return ConfigurationChange(f"{path.name} changed since")
    return _compare_with(entry, before, path)


def _compare_with(entry: TreeEntry, content: bytes, path: Path) -> ConfigurationChange:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        try:
            before, _ = load_document(copy, shown=entry.path)
        except ConfigurationError:
            return ConfigurationChange(f"{path.name} changed since, and can't be read at,")
    return _describe_change(f"{path.name} changed since", path, dict(_find_leaves(before)))


def _describe_change(reason: str, path: Path, before: _Leaves | None = None) -> ConfigurationChange:
    """Raises ConfigurationError where the file can't be read now."""
    before = before or {}
    data, places = load_document(path, shown=path.name)
    now = dict(_find_leaves(data))
    differing = (key for key in now | before if _spell(now, key) != _spell(before, key))
    found = (
        make_finding(
            "configuration-changed",
            None,
            _describe_key(key, before, now),
            source=places.key(key),
        )
        for key in differing
    )
    return ConfigurationChange(reason, tuple(found))


def _find_leaves(data: object, key: _Key = ()) -> Iterator[tuple[_Key, object]]:
    """Find the values that are no mappings; a list is one value."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _find_leaves(value, (*key, name))
    elif key:
        yield key, data


def _describe_key(key: _Key, before: _Leaves, now: _Leaves) -> str:
    name = ".".join(part if part.isidentifier() else show(part) for part in key)
    if not _may_show(key, before.get(key)) or not _may_show(key, now.get(key)):
        how = "changed" if key in before and key in now else "is new" if key in now else "is gone"
        return f"{name} {how}; its value is not shown"
    return f"{name} was {_shorten(_spell(before, key))}, is {_shorten(_spell(now, key))}"


def _spell(leaves: _Leaves, key: _Key) -> str:
    # JSON tells a number from a text and true from 1, and its escapes hide nothing from a reviewer.
    return json.dumps(leaves[key]) if key in leaves else _UNSET


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _may_show(key: _Key, value: object) -> bool:
    # Late: building the models takes long, and they are wanted here where something changed only.
    from reconciler.configuration.config_model import MESSAGES  # noqa: PLC0415  # see above

    due = MESSAGES.expectations.get(key)
    if due is None or key in MESSAGES.keys:
        return False
    text = json.dumps(value)
    return "@" not in text or not (due.secretive or "//" in text)
