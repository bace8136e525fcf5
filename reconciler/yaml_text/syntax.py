"""What a YAML parser's complaint means to a person, and where the next document can be read on.

It knows the words of ruamel.yaml's two parsers, and echoes no value of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.yaml_text.places import Start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.yaml_text.places import Mark

FORBIDDEN_REMEDY: Final = (
    "write the data out in full; put quotation marks round a text that begins with & * ! or %"
)

# Words of the parser, and the way out; the first that fits is taken.
_REMEDIES: Final = (
    ("mapping values are not allowed", 'quote a text that holds ": ", or mend the indentation'),
    ("cannot start any token", "indent with blanks, not tabs, and quote a text that begins so"),
    ("end of stream", "close the quotation mark or the bracket that is opened here"),
    ("document indicator", "close the quotation mark or the bracket that is opened here"),
    ("',' or ']'", "close the list with ] and part its items with commas"),
    ("',' or '}'", "close the mapping with } and part its keys with commas"),
    ("unexpected ':'", "quote a text that holds a colon"),
    ("expected ':'", "write the key with a colon and a blank after it"),
    ("document start", "mend the indentation, or begin a new document with ---"),
    ("escape", "write a backslash as \\\\ within double quotes, or use single quotes"),
    ("sequence entries", "begin the list on a line of its own"),
)
_OTHER_REMEDY: Final = (
    "put the keys of one mapping, and the dashes of one list, in one column; quote odd text"
)

# Words of the parser, and what the text tried to use.
_FORBIDDEN: Final = (
    ("alias", "an alias"),
    ("anchor", "an anchor"),
    ("tag", "a tag"),
    ("directive", "a directive"),
    ("incompatible YAML document", "a directive"),
)

# No scalar may hold a line that begins so: it always begins a document (YAML 1.2, section 9.1.2).
_MARKER: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")

Position: TypeAlias = tuple[int, int]
"""Line and column, from 0."""


def forbidden(thing: str) -> str:
    return f"{thing} is not allowed: this is plain data, to be read line by line"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the parser said: the problem, what it was doing, and where both begin."""

    problem: str
    context: str
    mark: Mark
    context_mark: Mark

    def explained(self) -> tuple[str, str, str]:
        """Rule, message and remedy."""
        text = f" {self.context} {self.problem} "
        for word, thing in _FORBIDDEN:
            if f" {word} " in text:
                return "forbidden-yaml", forbidden(thing), FORBIDDEN_REMEDY
        remedy = next((way for said, way in _REMEDIES if said in self.problem), _OTHER_REMEDY)
        return "syntax", f"this is not YAML: {self.problem}", remedy

    def shown(self, text: str) -> Mark:
        """Where a person should look: what is never closed is shown where it is opened."""
        lines = LINE_BREAK.split(text.rstrip())
        end = Start(len(lines) - 1, len(lines[-1]))
        if self._unclosed(lines):
            return self.context_mark if self.context_mark.line <= end.line else end
        return self.mark

    def _unclosed(self, lines: list[str]) -> bool:
        if self.mark.line >= len(lines) or _MARKER.match(lines[self.mark.line], self.mark.column):
            return True
        return any(words in self.problem for words in ("end of stream", "document indicator"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and how many lines stand before it."""

    text: str
    first_line: int = 0


def pieces(text: str) -> Iterator[Piece]:
    """Cut a text at the markers that begin documents."""
    starts = [match.start() for match in _MARKER.finditer(text)]
    line = counted = 0
    for start, end in pairwise([0, *starts, len(text)]):
        line += len(LINE_BREAK.findall(text, counted, start))
        counted = start
        yield Piece(text[start:end], line)
