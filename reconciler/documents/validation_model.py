"""The shape of what `validate` found, for writing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.documents.shape import FORMAT_VERSION, JsonObject, Shape, SourceModel, dump
from reconciler.model.findings import Severity

if TYPE_CHECKING:
    from reconciler.model.findings import Validation


def validation_to_document(validation: Validation) -> JsonObject:
    return dump(_Validation.of(validation))


class _Diagnostic(Shape):
    rule: str
    severity: Severity
    message: str
    remedy: str
    source: SourceModel | None


class _Counts(Shape):
    documents: int
    errors: int
    warnings: int


class _Validation(Shape):
    format_version: str
    kind: Literal["Validation"]
    summary: _Counts
    diagnostics: tuple[_Diagnostic, ...]

    @classmethod
    def of(cls, validation: Validation) -> _Validation:
        severities = [diagnostic.severity for diagnostic in validation.diagnostics]
        return cls(
            format_version=FORMAT_VERSION,
            kind="Validation",
            summary=_Counts(
                documents=validation.documents,
                errors=severities.count(Severity.ERROR),
                warnings=severities.count(Severity.WARNING),
            ),
            diagnostics=tuple(map(_Diagnostic.model_validate, validation.diagnostics)),
        )
