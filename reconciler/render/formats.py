"""The formats: which there are, which documents each can write, and how each is loaded.

Only the one asked for is loaded; nothing is formatted here. A format whose functions don't take
what is handed to them here is a type error: its module stands for the protocol.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from reconciler.render.context import RenderContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.model.status import StatusReport

__all__ = [
    "FORMATS",
    "STATUS_FORMATS",
    "VALIDATION_FORMATS",
    "RenderContext",
    "render_plan",
    "render_report",
    "render_status",
    "render_validation",
]


class _Renderer(Protocol):
    def render_plan(self, document: PlanDocument, context: RenderContext, /) -> str: ...

    def render_report(self, report: ApplyReport, context: RenderContext, /) -> str: ...


class _ValidationRenderer(_Renderer, Protocol):
    def render_validation(self, validation: Validation, context: RenderContext, /) -> str: ...


class _StatusRenderer(Protocol):
    def render_status(self, report: StatusReport, context: RenderContext, /) -> str: ...


def _status_text() -> _StatusRenderer:
    from reconciler.render import status_text

    return status_text


def _status_json() -> _StatusRenderer:
    from reconciler.render import json_document

    return json_document


def _status_html() -> _StatusRenderer:
    from reconciler.render import status_html

    return status_html


def _status_markdown() -> _StatusRenderer:
    from reconciler.render import status_markdown

    return status_markdown


def _text() -> _ValidationRenderer:
    from reconciler.render import text

    return text


def _json() -> _ValidationRenderer:
    from reconciler.render import json_document

    return json_document


def _markdown() -> _Renderer:
    from reconciler.render import markdown

    return markdown


def _html() -> _Renderer:
    from reconciler.render import html

    return html


def _sarif() -> _ValidationRenderer:
    from reconciler.render import sarif

    return sarif


def _github() -> _ValidationRenderer:
    from reconciler.render import github

    return github


def _azure() -> _ValidationRenderer:
    from reconciler.render import azure

    return azure


def _junit() -> _ValidationRenderer:
    from reconciler.render import junit

    return junit


_OF_VALIDATIONS: Final[Mapping[str, Callable[[], _ValidationRenderer]]] = MappingProxyType(
    {
        "text": _text,
        "json": _json,
        "sarif": _sarif,
        "github": _github,
        "azure": _azure,
        "junit": _junit,
    }
)

_OF_PLANS: Final[Mapping[str, Callable[[], _Renderer]]] = MappingProxyType(
    {
        "text": _text,
        "json": _json,
        "markdown": _markdown,
        "html": _html,
        "sarif": _sarif,
        "github": _github,
        "azure": _azure,
        "junit": _junit,
    }
)
"""Reports are written in the formats of plans."""

_OF_STATUSES: Final[Mapping[str, Callable[[], _StatusRenderer]]] = MappingProxyType(
    {"text": _status_text, "json": _status_json, "markdown": _status_markdown, "html": _status_html}
)

FORMATS: Final = tuple(_OF_PLANS)

STATUS_FORMATS: Final = tuple(_OF_STATUSES)

VALIDATION_FORMATS: Final = tuple(_OF_VALIDATIONS)


def render_plan(format_name: str, document: PlanDocument, context: RenderContext) -> str:
    """Write a plan in one of FORMATS; KeyError for another."""
    return _OF_PLANS[format_name]().render_plan(document, context)


def render_report(format_name: str, report: ApplyReport, context: RenderContext) -> str:
    """Write an apply report in one of FORMATS; KeyError for another."""
    return _OF_PLANS[format_name]().render_report(report, context)


def render_validation(format_name: str, validation: Validation, context: RenderContext) -> str:
    """Write what `validate` found in one of VALIDATION_FORMATS; KeyError for another."""
    return _OF_VALIDATIONS[format_name]().render_validation(validation, context)


def render_status(format_name: str, report: StatusReport, context: RenderContext) -> str:
    """Write a status in one of STATUS_FORMATS; KeyError for another."""
    return _OF_STATUSES[format_name]().render_status(report, context)
