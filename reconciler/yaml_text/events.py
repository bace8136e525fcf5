"""YAML text into documents of plain data with places; a broken one hides no other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from reconciler.yaml_text.composer import Abandoned, Composer, Reading, YamlDocument
from reconciler.yaml_text.parsers import YAMLError, complaint, pure_events
from reconciler.yaml_text.syntax import Piece, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.yaml_text.syntax import Position

__all__ = ["Reading", "YamlDocument", "read_documents"]

_SECOND_OPINIONS: Final = 256 * 1024
"""How many characters of broken text are read a second time, slowly, before that ends."""
_LEAST: Final = 1024
"""A shorter text counts as so many: to begin takes its time."""


def read_documents(text: str, reading: Reading) -> Iterator[YamlDocument]:
    """Read every document, those after a broken one too. Empty documents are skipped."""
    run = _Pass(Piece(text), reading)
    yield from run.documents()
    if run.failed is not None:
        yield from _Recovery(reading).documents(list(pieces(text)), run, run.failed)


@dataclass(frozen=True, slots=True)
class _Failed:
    """A document that could not be read to its end, and where that ended."""

    document: YamlDocument
    position: Position
    final: bool
    """True where reading it another way is no use."""


@dataclass(slots=True)
class _Pass:
    """One reading of a text, up to the first document that can't be read to its end."""

    piece: Piece
    reading: Reading
    starts: list[int] = field(default_factory=list)
    """The lines where the documents began that were read."""
    failed: _Failed | None = None

    def documents(self) -> Iterator[YamlDocument]:
        composer = Composer(self.reading, self.piece.first_line)
        try:
            composer.next_event = self.reading.events(self.piece.text)
            for document in composer.documents():
                self.starts.append(composer.start_line)
                yield document
        except YAMLError as error:
            found = complaint(error)
            composer.complain(*found.explained(), found.shown(self.piece.text))
            self._fail(composer, (found.mark.line, found.mark.column), final=False)
        except Abandoned as abandoned:
            self._fail(composer, (abandoned.mark.line, abandoned.mark.column), final=True)

    def _fail(self, composer: Composer, position: Position, *, final: bool) -> None:
        document = YamlDocument(None, tuple(composer.diagnostics))
        self.failed = _Failed(document, position, final)


class _Recovery:
    """Reads on after an error, piece by piece: each holds the documents of one marker.

    What the C parser can't read gets a second opinion: it knows YAML 1.1 only, in which
    `{website: https://contoso.edu}` is an error.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._to_the_letter = replace(reading, events=pure_events)
        self._left = 0 if reading.events is pure_events else _SECOND_OPINIONS

    def documents(self, parts: list[Piece], run: _Pass, failed: _Failed) -> Iterator[YamlDocument]:
        """Read the part that failed another way, then those after it.

        An error in the first column of a marker belongs to the part before it.
        """
        index = max(0, sum((part.first_line, 0) < failed.position for part in parts) - 1)
        known = sum(start >= parts[index].first_line for start in run.starts)
        yield from self._again(parts[index], failed, known)
        for part in parts[index + 1 :]:
            run = _Pass(part, self._reading)
            yield from run.documents()
            if run.failed is not None:
                yield from self._again(part, run.failed, len(run.starts))

    def _again(self, part: Piece, failed: _Failed, known: int) -> list[YamlDocument]:
        """Read a part by the parser that is right and slow; its first documents are known."""
        if failed.final or len(part.text) > self._left:
            return [failed.document]
        run = _Pass(part, self._to_the_letter)
        documents = list(run.documents())
        if run.failed is None:
            return documents[known:]
        self._left -= max(len(part.text), _LEAST)
        return [failed.document]
