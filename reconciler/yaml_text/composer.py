"""Builds plain data from the events of one YAML text, and refuses what is not plain.

It refuses what a reviewer can't read line by line (anchors, aliases, merge keys, tags,
directives), repeated keys and deep nesting, and never builds anything but mappings, lists, text,
numbers, booleans and null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from reconciler.model.findings import Diagnostic, Severity, Source
from reconciler.yaml_text.parsers import (
    FASTEST,
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from reconciler.yaml_text.places import MERGE_KEY, UNKNOWN, Places
from reconciler.yaml_text.scalars import plain_value, show
from reconciler.yaml_text.syntax import FORBIDDEN_REMEDY, forbidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.yaml_text.parsers import NextEvent
    from reconciler.yaml_text.places import Events, KeyAndValue, Mark, Marked, Marks, YamlValue
    from reconciler.yaml_text.scalars import Scalar

MAX_DEPTH: Final = 32
MOST_VALUES: Final = 10_000
"""How many values a document may hold. A manifest has a few dozen."""
_MOST_REFUSED: Final = 100
"""A document with more refused constructs is not read on: an alias bomb has millions."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text is read. With `any_key`, keys that look like numbers are taken as their text.

    Without `marks`, the places of what is inside a document are not kept: they are most of the
    memory. A document of more than `most_values` is refused.
    """

    file: str
    any_key: bool = False
    marks: bool = True
    most_values: int = MOST_VALUES
    events: Callable[[str], NextEvent] = FASTEST


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document that isn't empty. `places` is None where it could not be read to its end."""

    places: Places | None
    diagnostics: tuple[Diagnostic, ...]


class Abandoned(Exception):
    """The rest of a document is not worth reading; why is told already."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


class Composer:
    """Builds the documents of one text from its events, one after the other."""

    __slots__ = (
        "diagnostics",
        "first_line",
        "keys",
        "marks",
        "next_event",
        "reading",
        "start_line",
        "values",
    )

    def __init__(self, reading: Reading, first_line: int) -> None:
        self.reading = reading
        self.first_line = first_line
        self.start_line = first_line
        self.next_event: NextEvent = lambda: None
        # The plain keys that were text: one document has the same keys as the next.
        self.keys: set[str] = set()
        self._forget()

    def _forget(self) -> None:
        self.marks: Marks = {}
        self.diagnostics: list[Diagnostic] = []
        self.values = 0

    def documents(self) -> Iterator[YamlDocument]:
        while (event := self.next_event()) is not None:
            if isinstance(event, DocumentStartEvent):
                document = self._document(event)
                if document is not None:
                    yield document
                self._forget()

    def _document(self, start: DocumentStartEvent) -> YamlDocument | None:
        if start.version or start.tags:
            self._forbid("a directive", start.start_mark)
        self.start_line = self.first_line + start.start_mark.line
        root = self.next_event()
        data = self._node(root, 0)
        if data is None and not root.value and not self.diagnostics:
            return None
        places = Places(self.reading.file, data, root, self.marks, self.first_line)
        return YamlDocument(places, tuple(self.diagnostics))

    def _node(self, event: NodeEvent, depth: int) -> YamlValue:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, AliasEvent):
            self._forbid("an alias", event.start_mark)
            return UNKNOWN
        assert isinstance(event, CollectionStartEvent), "nothing else can stand for a node"
        if event.anchor is not None or event.ctag is not None:
            self._forbid_properties(event)
        if depth == MAX_DEPTH:
            self._refuse_depth(event.start_mark)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        if event.anchor is not None or event.ctag is not None:
            self._forbid_properties(event)
        text: str = event.value
        return text if event.style else plain_value(text)

    def _mapping(self, start: Marked, depth: int) -> dict[str, YamlValue]:
        built: dict[str, YamlValue] = {}
        events: dict[str, KeyAndValue] = {}
        next_event, most = self.next_event, self.reading.most_values
        while not isinstance(key_event := next_event(), MappingEndEvent):
            key = self._key(key_event, depth)
            value_event = next_event()
            value = self._node(value_event, depth)
            if key in events:
                self._refuse_repeated(key, key_event, events)
            elif key is not None:
                built[key] = value
                events[key] = (key_event, value_event)
                if len(events) > most:
                    self._refuse_size(value_event.start_mark)
        self._keep(built, events, start)
        return built

    def _key(self, event: NodeEvent, depth: int) -> str | None:
        """Read a key; None where it is refused."""
        if not isinstance(event, ScalarEvent):
            self._refuse_collection(event, depth)
            return None
        text: str = event.value
        if text in self.keys and event.anchor is None and event.ctag is None:
            return text
        if isinstance(self._scalar(event), str) and (text != MERGE_KEY or event.style):
            if not event.style:
                self.keys.add(text)
            return text
        return self._odd_key(event)

    def _odd_key(self, event: ScalarEvent) -> str | None:
        if event.value == MERGE_KEY:
            self._forbid("a merge key", event.start_mark)
            return MERGE_KEY
        if self.reading.any_key:
            return str(event.value)
        self._refuse_key("a key is a number, a boolean or null", event.start_mark)
        return None

    def _refuse_collection(self, event: NodeEvent, depth: int) -> None:
        if self._node(event, depth) is not UNKNOWN:
            self._refuse_key("a key is a list or a mapping", event.start_mark)

    def _sequence(self, start: Marked, depth: int) -> list[YamlValue]:
        built: list[YamlValue] = []
        events: list[KeyAndValue] = []
        next_event, most = self.next_event, self.reading.most_values
        while not isinstance(event := next_event(), SequenceEndEvent):
            events.append((event, event))
            built.append(self._node(event, depth))
            if len(events) > most:
                self._refuse_size(event.start_mark)
        self._keep(built, events, start)
        return built

    def _keep(self, built: YamlValue, events: Events, start: Marked) -> None:
        self.values += len(events)
        if self.values > self.reading.most_values:
            self._refuse_size(start.start_mark)
        if self.reading.marks:
            self.marks[id(built)] = (built, events)

    def _forbid_properties(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._forbid("an anchor", event.start_mark)
        if event.ctag is not None:
            self._forbid("a tag", event.start_mark)

    def _forbid(self, thing: str, mark: Mark) -> None:
        self._refuse("forbidden-yaml", forbidden(thing), FORBIDDEN_REMEDY, mark)

    def _refuse_depth(self, mark: Mark) -> NoReturn:
        message = f"this is nested more than {MAX_DEPTH} levels deep"
        self.complain("too-deep", message, "a manifest needs six levels: flatten it", mark)
        raise Abandoned(mark)

    def _refuse_size(self, mark: Mark) -> NoReturn:
        message = f"this document holds more than {self.reading.most_values} values"
        self.complain("too-large", message, "part it: a manifest describes one customer", mark)
        raise Abandoned(mark)

    def _refuse_key(self, message: str, mark: Mark) -> None:
        remedy = "a key is text: put quotation marks round it, or braces where they are meant"
        self._refuse("invalid-value", message, remedy, mark)

    def _refuse_repeated(self, key: str, event: Marked, events: dict[str, KeyAndValue]) -> None:
        first = self._source(events[key][0].start_mark)
        message = f"the key {show(key)} is given twice in one mapping, first at {first}"
        self._refuse("duplicate-key", message, "keep one of the two", event.start_mark)

    def _refuse(self, rule: str, message: str, remedy: str, mark: Mark) -> None:
        self.complain(rule, message, remedy, mark)
        if len(self.diagnostics) == _MOST_REFUSED:
            raise Abandoned(mark)

    def complain(self, rule: str, message: str, remedy: str, mark: Mark) -> None:
        source = self._source(mark)
        self.diagnostics.append(Diagnostic(rule, Severity.ERROR, message, remedy, source))

    def _source(self, mark: Mark) -> Source:
        return Source(self.reading.file, self.first_line + mark.line + 1, mark.column + 1)
