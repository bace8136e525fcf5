"""The shape of an apply report: for reading, writing and JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from reconciler.documents.shape import FORMAT_VERSION, Instant, JsonObject, Shape, dump
from reconciler.model.plan import ApplyReport, Outcome, StepResult
from reconciler.model.state import CustomerId, Qualification

if TYPE_CHECKING:
    from collections.abc import Iterable


def report_to_document(report: ApplyReport) -> JsonObject:
    return dump(ReportModel.of(report))


class _Result(Shape):
    made = StepResult
    customer_id: CustomerId
    name: str
    qualification: Qualification
    outcome: Outcome
    vetting_status: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    message: str | None = None
    remedy: str | None = None
    """Left out where the outcome's rule says what to do."""

    @model_serializer(mode="wrap")
    def _without_absent_remedy(self, dump: SerializerFunctionWrapHandler) -> JsonObject:
        written: JsonObject = dump(self)
        return {
            name: value for name, value in written.items() if value is not None or name != "remedy"
        }


class _Tally(Shape):
    """How many results there are of each outcome."""

    created: int
    already_present: int
    rejected: int
    unknown: int
    not_attempted: int

    @classmethod
    def of(cls, results: Iterable[StepResult]) -> _Tally:
        outcomes = [result.outcome for result in results]
        return cls(
            created=outcomes.count(Outcome.CREATED),
            already_present=outcomes.count(Outcome.ALREADY_PRESENT),
            rejected=outcomes.count(Outcome.REJECTED),
            unknown=outcomes.count(Outcome.UNKNOWN),
            not_attempted=outcomes.count(Outcome.NOT_ATTEMPTED),
        )


class ReportModel(Shape):
    """The shape of an apply report. Until the run ends, `finishedAt` is null."""

    format_version: str
    kind: Literal["ApplyReport"]
    plan_digest: str | None
    started_at: Instant
    finished_at: Instant | None
    summary: _Tally | None = None
    results: tuple[_Result, ...]

    @classmethod
    def of(cls, report: ApplyReport) -> ReportModel:
        return cls(
            format_version=FORMAT_VERSION,
            kind="ApplyReport",
            plan_digest=report.plan_digest,
            started_at=report.started_at,
            finished_at=report.finished_at,
            summary=_Tally.of(report.results),
            results=tuple(map(_Result.model_validate, report.results)),
        )

    def read(self) -> ApplyReport:
        results = tuple(StepResult(**dict(result)) for result in self.results)
        return ApplyReport(self.plan_digest, self.started_at, self.finished_at, results)
