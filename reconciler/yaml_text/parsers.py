"""The YAML parsers, as sources of events: the only module that uses ruamel.yaml.

The C parser is ten times faster and undocumented; the pure one reads YAML 1.2 to the letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.yaml_text.places import Start
from reconciler.yaml_text.syntax import LINE_BREAK, Complaint

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # undocumented, so untyped
except ImportError:  # pragma: no cover  # no C parser here: the pure one reads the same, slower
    CParser = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "FASTEST",
    "AliasEvent",
    "CollectionStartEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingNode",
    "MappingStartEvent",
    "NextEvent",
    "Node",
    "NodeEvent",
    "ScalarEvent",
    "ScalarNode",
    "SequenceEndEvent",
    "SequenceNode",
    "YAMLError",
    "c_events",
    "complaint",
    "compose_documents",
    "pure_events",
]

NextEvent: TypeAlias = "Callable[[], Any]"
"""The next event of the parser, None at the end. It may raise YAMLError."""


_UNSAID: Final = "it can't be parsed"

# Escapes for what is no character. The pure parser stumbles over them, or lets them pass.
_NO_CHARACTER: Final = re.compile(
    r"\\(?:u|U0000)[dD][89A-Fa-f]|\\U(?!000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})[0-9A-Fa-f]{8}"
)


def pure_events(text: str) -> NextEvent:
    if found := _NO_CHARACTER.search(text):
        before = LINE_BREAK.split(text[: found.start()])
        mark = Start(len(before) - 1, len(before[-1]))
        raise MarkedYAMLError(
            problem="found invalid Unicode character escape code", problem_mark=mark
        )
    parsed = YAML(typ="safe", pure=True).parse(text)
    return lambda: _next_of(parsed)


def compose_documents(text: str) -> list[Node]:
    """The nodes of each document, with where they begin and end; slow. It may raise YAMLError."""
    return [node for node in YAML(typ="safe", pure=True).compose_all(text) if node is not None]


def _next_of(parsed: Iterator[Any]) -> Any:  # noqa: ANN401  # an event of any kind
    try:
        return next(parsed, None)
    except YAMLError:
        raise
    except Exception as error:
        # The pure parser has slips: odd text makes it fail in ways of its own.
        raise MarkedYAMLError(problem=_UNSAID, problem_mark=Start()) from error


def c_events(text: str) -> NextEvent:
    next_event: NextEvent = CParser(text).get_event
    return next_event


FASTEST: Final[Callable[[str], NextEvent]] = pure_events if CParser is None else c_events


def complaint(error: YAMLError) -> Complaint:
    """Take over what a parser says, as far as it says anything."""
    if not isinstance(error, MarkedYAMLError):
        return Complaint(_UNSAID, "", Start(), Start())
    mark = error.problem_mark or error.context_mark or Start()
    problem = error.problem or error.context or _UNSAID
    return Complaint(problem, error.context or "", mark, error.context_mark or mark)
