"""Where each key, value and item of one YAML document stands; it knows no parser and no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from reconciler.model.findings import Source

if TYPE_CHECKING:
    from reconciler.yaml_text.scalars import Scalar

YamlValue: TypeAlias = "Scalar | dict[str, YamlValue] | list[YamlValue] | Unknown"
"""Plain data. `Unknown` stands where the text was refused: nothing can be said of it."""

Path: TypeAlias = tuple[str | int, ...]
"""The way from a document's root to a value: keys of mappings and indexes of lists."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stands for what was refused already, so that it is not complained of twice."""


UNKNOWN = Unknown()
MERGE_KEY = "<<"


class Mark(Protocol):
    """A position that counts from 0, as parsers do."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Marked(Protocol):
    """What a parser says at a position: an event."""

    @property
    def start_mark(self) -> Mark: ...


@dataclass(frozen=True, slots=True)
class Start:
    """The mark of a text's first character, and the event of whatever begins there."""

    line: int = 0
    column: int = 0

    @property
    def start_mark(self) -> Mark:
        return self


KeyAndValue: TypeAlias = tuple[Marked, Marked]
Events: TypeAlias = dict[str, KeyAndValue] | list[KeyAndValue]
"""Where the parts of a mapping or a list stand. An item of a list is its own key."""

Marks: TypeAlias = "dict[int, tuple[YamlValue, Events]]"
"""The events of each mapping and list by the `id` of what was built from it.

What was built is kept beside them: its `id` stays its own for as long.
"""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one document, for as long as its data lives."""

    file: str
    root: YamlValue
    start: Marked
    marks: Marks
    first_line: int = 0
    """How many lines of the file stand before the text that was parsed."""

    def value(self, path: Path) -> Source:
        """Tell where the value at `path` begins, or the nearest thing around it that exists."""
        return self._source(self._find(path)[1])

    def key(self, path: Path) -> Source:
        """Tell where the key (or the list's item) at `path` begins, or the nearest thing to it."""
        return self._source(self._find(path)[0])

    def _find(self, path: Path) -> KeyAndValue:
        found = (self.start, self.start)
        node: Any = self.root
        try:
            for step in path:
                events: Any = self.marks[id(node)][1]
                found = events[step]
                node = node[step]
        except (LookupError, TypeError):
            pass  # the nearest thing around it was found
        return found

    def _source(self, event: Marked) -> Source:
        mark = event.start_mark
        return Source(self.file, self.first_line + mark.line + 1, mark.column + 1)
