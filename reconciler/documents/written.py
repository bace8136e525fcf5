"""The JSON documents (plan, report, validation) to and from the data, and the plan's digest.

Nothing is read from or written to files here. Writers leave nothing out that a reader may rely on;
readers ignore properties they don't know and refuse a major version they don't know.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from reconciler.model.findings import Severity, Validation
from reconciler.model.plan import Outcome
from reconciler.model.state import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.findings import Finding, Source, Vetting
    from reconciler.model.plan import (
        ApplyReport,
        BasisEntry,
        Plan,
        PlanDocument,
        Selection,
        Step,
        StepResult,
        Summary,
        Target,
    )
    from reconciler.model.state import CodeReference

FORMAT_VERSION: Final = "1.0"

JsonObject = dict[str, Any]


def canonical_json(value: object) -> bytes:
    """Sorted keys, no white space, raw UTF-8: the form that digests are taken of."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document for people and programs to read."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def digest_of(document: Mapping[str, Any]) -> str:
    """Digest what apply will do and on what ground, properties we don't know included."""
    steps = [
        {name: value for name, value in step.items() if name != "source"}
        for step in document["steps"]
    ]
    content = {"target": document["target"], "steps": steps, "basis": document["basis"]}
    return "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()


def plan_digest(plan: Plan) -> str:
    return digest_of(_plan_content(plan))


def plan_to_document(document: PlanDocument) -> JsonObject:
    return {
        "formatVersion": FORMAT_VERSION,
        "kind": "Plan",
        "digest": document.digest,
        "createdAt": format_instant(document.created_at),
        "tool": {"name": "reconciler", "version": document.tool_version},
        **_plan_content(document.plan),
    }


def report_to_document(report: ApplyReport) -> JsonObject:
    return {
        "formatVersion": FORMAT_VERSION,
        "kind": "ApplyReport",
        "planDigest": report.plan_digest,
        "startedAt": format_instant(report.started_at),
        "finishedAt": format_instant(report.finished_at),
        "summary": count_outcomes(report.results),
        "results": [_result(result) for result in report.results],
    }


def validation_to_document(validation: Validation) -> JsonObject:
    severities = [diagnostic.severity for diagnostic in validation.diagnostics]
    return {
        "formatVersion": FORMAT_VERSION,
        "kind": "Validation",
        "summary": {
            "documents": validation.documents,
            "errors": severities.count(Severity.ERROR),
            "warnings": severities.count(Severity.WARNING),
        },
        "diagnostics": [
            {
                "rule": diagnostic.rule,
                "severity": diagnostic.severity.value,
                "message": diagnostic.message,
                "remedy": diagnostic.remedy,
                "source": _source(diagnostic.source),
            }
            for diagnostic in validation.diagnostics
        ],
    }


def count_outcomes(results: Iterable[StepResult]) -> dict[str, int]:
    """Count the results of each outcome, under the names of the report's summary."""
    outcomes = [result.outcome for result in results]
    return {
        "created": outcomes.count(Outcome.CREATED),
        "alreadyPresent": outcomes.count(Outcome.ALREADY_PRESENT),
        "rejected": outcomes.count(Outcome.REJECTED),
        "unknown": outcomes.count(Outcome.UNKNOWN),
        "notAttempted": outcomes.count(Outcome.NOT_ATTEMPTED),
    }


def _plan_content(plan: Plan) -> JsonObject:
    return {
        "target": _target(plan.target),
        "selection": _selection(plan.selection),
        "complete": plan.complete,
        "summary": _summary(plan.summary),
        "steps": [step_to_document(step) for step in plan.steps],
        "findings": [_finding(finding) for finding in plan.findings],
        "basis": {
            customer_id: [_basis_entry(entry) for entry in entries]
            for customer_id, entries in sorted(plan.basis.items())
        },
    }


def _target(target: Target) -> JsonObject:
    return {"address": target.address, "tenantId": target.tenant_id}


def _selection(selection: Selection) -> JsonObject:
    return {
        "shard": selection.shard,
        "selector": selection.selector,
        "customers": None if selection.customers is None else list(selection.customers),
        "changedFrom": selection.changed_from,
    }


def _summary(summary: Summary) -> JsonObject:
    return {
        "customers": summary.customers,
        "steps": summary.steps,
        "inSync": summary.in_sync,
        "pending": summary.pending,
        "impossible": summary.impossible,
        "blocked": summary.blocked,
        "denied": summary.denied,
        "unreadable": summary.unreadable,
        "advisory": summary.advisory,
    }


def step_to_document(step: Step) -> JsonObject:
    """Write a step with what its qualification needs; what is absent is left out."""
    optional = {
        "educationSegment": step.education_segment and step.education_segment.value,
        "website": step.website,
        "validationCodeFrom": _code_reference(step.validation_code_from),
        "resubmitDenialOf": step.resubmit_denial_of and format_instant(step.resubmit_denial_of),
    }
    return {
        "customerId": step.customer_id,
        "name": step.name,
        "qualification": step.qualification.value,
        **{name: value for name, value in optional.items() if value is not None},
        "source": _source(step.source),
    }


def _code_reference(reference: CodeReference | None) -> JsonObject | None:
    if reference is None:
        return None
    return {"env": reference.env} if reference.env is not None else {"file": reference.file}


def _source(source: Source | None) -> JsonObject | None:
    if source is None:
        return None
    return {"file": source.file, "line": source.line, "column": source.column}


def _basis_entry(entry: BasisEntry) -> JsonObject:
    return {"qualification": entry.qualification, "vettingStatus": entry.vetting_status}


def _finding(finding: Finding) -> JsonObject:
    return {
        "rule": finding.rule,
        "category": finding.category.value,
        "severity": finding.severity.value,
        "customerId": finding.customer_id,
        "name": finding.name,
        "qualification": finding.qualification,
        "message": finding.message,
        "remedy": finding.remedy,
        "source": _source(finding.source),
        "live": _vetting(finding.live),
    }


def _vetting(vetting: Vetting | None) -> JsonObject | None:
    if vetting is None:
        return None
    return {
        "vettingStatus": vetting.status,
        "vettingReason": vetting.reason,
        "vettingCreatedDate": vetting.created and format_instant(vetting.created),
    }


def _result(result: StepResult) -> JsonObject:
    return {
        "customerId": result.customer_id,
        "name": result.name,
        "qualification": result.qualification.value,
        "outcome": result.outcome.value,
        "vettingStatus": result.vetting_status,
        "requestId": result.request_id,
        "correlationId": result.correlation_id,
        "message": result.message,
    }
