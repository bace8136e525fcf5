"""Reads a file that holds one document: a configuration, an emulator's seed, its faults.

What is wrong with the file ends the reading with a ConfigurationError; what the document should
hold is for others to say.
"""

from __future__ import annotations

import json
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Diagnostic, Severity, Source
from reconciler.yaml_text.events import Reading, read_documents
from reconciler.yaml_text.garbage_collection import collector_paused
from reconciler.yaml_text.places import Places, Start
from reconciler.yaml_text.text_files import read_text

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.yaml_text.places import Path as DataPath


class DocumentPlaces(Protocol):
    """Where the parts of a document stand."""

    def value(self, path: DataPath) -> Source: ...
    def key(self, path: DataPath) -> Source: ...


class _LatePlaces:
    """Finds places by reading the text again: most documents are read without being asked."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def value(self, path: DataPath) -> Source:
        return self._places.value(path)

    def key(self, path: DataPath) -> Source:
        return self._places.key(path)

    @cached_property
    def _places(self) -> Places:
        with collector_paused():
            reading = Reading(self._file, any_key=True, most_values=sys.maxsize)
            places = next(read_documents(self._text, reading)).places
        assert places is not None, "it was read before"
        return places


def load_document(
    path: Path, *, shown: str | None = None, limit: int | None = None
) -> tuple[Any, DocumentPlaces]:
    """Read the one document of a file, and where its parts stand; keys are always text.

    A file called `*.json` is JSON, any other is YAML. `shown` is what people know the file as,
    `limit` how many bytes it may have. Raises ConfigurationError.
    """
    file = shown if shown is not None else path.as_posix()
    text = read_text(path, file, limit)
    if isinstance(text, Diagnostic):
        raise invalid_document((text,))
    with collector_paused():
        if path.suffix == ".json":
            data = _read_json(text, file)
            return data, Places(file, data, Start(), {})
        return _read_yaml(text, file), _LatePlaces(text, file)


def invalid_document(diagnostics: tuple[Diagnostic, ...]) -> ConfigurationError:
    """Make one error of everything that is wrong with a document."""
    first, *others = diagnostics
    place = "" if first.source is None else f"{first.source}: "
    more = f" (and {len(others)} more)" if others else ""
    return ConfigurationError(f"{place}{first.message}{more}", first.remedy, diagnostics)


def _read_yaml(text: str, file: str) -> Any:  # noqa: ANN401  # foreign data of any shape
    documents = list(
        read_documents(text, Reading(file, any_key=True, marks=False, most_values=sys.maxsize))
    )
    diagnostics = tuple(each for document in documents for each in document.diagnostics)
    if diagnostics:
        raise invalid_document(diagnostics)
    if len(documents) != 1:
        message = f"the file holds {len(documents) or 'no'} documents, not one"
        raise invalid_document((_syntax(message, "keep one document in it", Source(file, 1, 1)),))
    places = documents[0].places
    return None if places is None else places.root


def _read_json(text: str, file: str) -> Any:  # noqa: ANN401  # foreign data of any shape
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError as error:
        source = Source(file, error.lineno, error.colno)
        problem = _syntax(f"this is not JSON: {error.msg}", "mend the JSON", source)
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else "it is nested too deep"
        problem = _syntax(f"this can't be read: {what}", "mend the JSON", Source(file, 1, 1))
    raise invalid_document((problem,))


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice; numbers too long to be read raise a ValueError as well."""
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return built


def _syntax(message: str, remedy: str, source: Source) -> Diagnostic:
    return Diagnostic("syntax", Severity.ERROR, message, remedy, source)
