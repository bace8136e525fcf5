"""Adds entries to a list in a text of YAML, and changes no other byte of it.

The text is edited, not written anew: comments, quotes, blank lines and the order stay a person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.yaml_text.parsers import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YAMLError,
    compose_documents,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.yaml_text.places import Path


def add_entries(
    text: str, document: tuple[Path, str], path: Path, entries: Sequence[str], *, instead_of: str
) -> str | None:
    """Add plain scalars to the list at `path` of the document that has a value at a path.

    An entry `instead_of` gives way to them. None where the text can't be edited so.
    """
    try:
        nodes = compose_documents(text)
    except YAMLError:
        return None
    owner = next((node for node in nodes if _is(node, *document)), None)
    target = None if owner is None else _at(owner, path)
    if not isinstance(target, SequenceNode):
        return None
    before = _names(target)
    edited = _edited(text, target, entries, instead_of)
    after = [*(name for name in before if name != instead_of), *entries]
    return edited if _reads_as(edited, document, path, after) else None


def _is(node: Node, path: Path, value: str) -> bool:
    found = _at(node, path)
    return isinstance(found, ScalarNode) and str(found.value).casefold() == value.casefold()


def _at(node: Node, path: Path) -> Node | None:
    for key in path:
        if not isinstance(node, MappingNode):
            return None
        found = [value for name, value in node.value if name.value == key]
        if not found:
            return None
        node = found[0]
    return node


def _names(sequence: SequenceNode) -> list[str | None]:
    """Tell each entry by its text, those that are mappings by None."""
    return [item.value if isinstance(item, ScalarNode) else None for item in sequence.value]


def _edited(text: str, target: SequenceNode, entries: Sequence[str], instead_of: str) -> str:
    items = [item for item in target.value if item.value != instead_of]
    if target.flow_style or not items:
        return _edited_in_line(text, target, entries, instead_of)
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * target.start_mark.column
    end = _end_of_line(text, _last(target))
    added = "".join(f"{newline}{indent}- {entry}" for entry in entries)
    return text[:end] + added + text[end:]


def _edited_in_line(
    text: str, target: SequenceNode, entries: Sequence[str], instead_of: str
) -> str:
    """A list in brackets grows before its end; one that is only `instead_of` is replaced."""
    if not target.flow_style:
        [item] = target.value
        start, end = item.start_mark.index, item.end_mark.index
        newline, indent = "\r\n" if "\r\n" in text else "\n", " " * target.start_mark.column
        return text[:start] + f"{newline}{indent}- ".join(entries) + text[end:]
    kept = [item for item in target.value if item.value != instead_of]
    if not kept:
        inside = ", ".join(entries)
        return f"{text[: target.start_mark.index]}[{inside}]{text[target.end_mark.index :]}"
    end = kept[-1].end_mark.index
    return text[:end] + "".join(f", {entry}" for entry in entries) + text[end:]


def _last(node: Node) -> Node:
    """Find the last scalar of a node: a mapping's own end lies behind the comments after it."""
    while not isinstance(node, ScalarNode) and node.value and not _in_brackets(node):
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _in_brackets(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)


def _end_of_line(text: str, node: Node) -> int:
    end: int = node.end_mark.index
    ends = [found for mark in ("\r\n", "\n") if (found := text.find(mark, end)) >= 0]
    return min(ends, default=len(text))


def _reads_as(
    text: str, document: tuple[Path, str], path: Path, names: Sequence[str | None]
) -> bool:
    try:
        owner = next((node for node in compose_documents(text) if _is(node, *document)), None)
    except YAMLError:
        return False
    target = None if owner is None else _at(owner, path)
    return isinstance(target, SequenceNode) and _names(target) == list(names)
