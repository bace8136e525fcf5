"""Finds the renderer of a format and loads only that one; it formats nothing itself."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from reconciler.render.context import RenderContext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument

__all__ = [
    "FORMATS",
    "VALIDATION_FORMATS",
    "RenderContext",
    "render_plan",
    "render_report",
    "render_validation",
]

_MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "text",
        "json": "json_document",
        "markdown": "markdown",
        "html": "html",
        "sarif": "sarif",
        "github": "github",
        "azure": "azure",
        "junit": "junit",
    }
)

FORMATS: Final = tuple(_MODULES)

VALIDATION_FORMATS: Final = tuple(name for name in FORMATS if name not in {"html", "markdown"})


def render_plan(format_name: str, document: PlanDocument, context: RenderContext) -> str:
    """Write a plan in one of FORMATS; KeyError for another."""
    text: str = _renderer(format_name).render_plan(document, context)
    return text


def render_report(format_name: str, report: ApplyReport, context: RenderContext) -> str:
    """Write an apply report in one of FORMATS; KeyError for another."""
    text: str = _renderer(format_name).render_report(report, context)
    return text


def render_validation(format_name: str, validation: Validation, context: RenderContext) -> str:
    """Write what `validate` found in one of VALIDATION_FORMATS; KeyError for another."""
    if format_name not in VALIDATION_FORMATS:
        raise KeyError(format_name)
    text: str = _renderer(format_name).render_validation(validation, context)
    return text


def _renderer(format_name: str) -> ModuleType:
    return import_module(f"reconciler.render.{_MODULES[format_name]}")
