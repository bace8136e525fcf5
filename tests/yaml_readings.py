"""Reading YAML in tests: by either parser, and a short view of what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from reconciler.yaml_text.events import Reading, YamlDocument, read_documents
from reconciler.yaml_text.parsers import FASTEST, c_events, pure_events
from tests.manifest_samples import brief

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.yaml_text.parsers import NextEvent

BOTH: Final = pytest.mark.parametrize("events", [c_events, pure_events], ids=["c", "pure"])


def read(
    text: str, events: Callable[[str], NextEvent] = FASTEST, *, any_key: bool = False
) -> list[YamlDocument]:
    return list(read_documents(text, Reading("a.yaml", any_key=any_key, events=events)))


def data(documents: list[YamlDocument]) -> list[Any]:
    return [each.places.root for each in documents if each.places is not None]


def problem_lines(documents: list[YamlDocument]) -> list[str]:
    return [brief(each) for document in documents for each in document.diagnostics]
