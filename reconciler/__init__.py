"""The desired state of customer qualifications, reconciled with Partner Center.

The library's public names. Each is imported when it is first asked for: a command line that only
prints its help must not pay for an HTTP client. The verbs are functions of `reconciler.operations`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.applying.stop import StopSignal
    from reconciler.configuration.config import Configuration, load_configuration
    from reconciler.documents.digest import plan_digest
    from reconciler.documents.models import plan_to_document, report_to_document
    from reconciler.documents.plan_file import load_plan, save_plan
    from reconciler.manifests.loading import load_desired, validate
    from reconciler.model.errors import ReconcilerError
    from reconciler.model.findings import Category, Finding, Severity, Source
    from reconciler.model.plan import (
        ApplyReport,
        Outcome,
        Plan,
        PlanDocument,
        PlanOptions,
        Scope,
        Step,
        StepResult,
        Target,
    )
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import DesiredState, LiveState, Qualification
    from reconciler.operations.apply import ApplyRequest
    from reconciler.operations.run import Run
    from reconciler.partner_center.client import PartnerCenterClient
    from reconciler.planning.planner import make_plan
    from reconciler.version import VERSION

_HOMES = {
    "configuration.config": ("Configuration", "load_configuration"),
    "documents.digest": ("plan_digest",),
    "documents.models": ("plan_to_document", "report_to_document"),
    "model.errors": ("ReconcilerError",),
    "model.findings": ("Category", "Finding", "Severity", "Source"),
    "manifests.loading": ("load_desired", "validate"),
    "operations.apply": ("ApplyRequest",),
    "operations.run": ("Run",),
    "partner_center.client": ("PartnerCenterClient",),
    "model.plan": (
        "ApplyReport",
        "Outcome",
        "Plan",
        "PlanDocument",
        "PlanOptions",
        "Step",
        "StepResult",
        "Target",
        "Scope",
    ),
    "documents.plan_file": ("load_plan", "save_plan"),
    "planning.planner": ("make_plan",),
    "model.policy": ("Policy",),
    "model.secret": ("Secret",),
    "applying.stop": ("StopSignal",),
    "model.state": ("DesiredState", "LiveState", "Qualification"),
    "version": ("VERSION",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "VERSION",
    "ApplyReport",
    "ApplyRequest",
    "Category",
    "Configuration",
    "DesiredState",
    "Finding",
    "LiveState",
    "Outcome",
    "PartnerCenterClient",
    "Plan",
    "PlanDocument",
    "PlanOptions",
    "Policy",
    "Qualification",
    "ReconcilerError",
    "Run",
    "Scope",
    "Secret",
    "Severity",
    "Source",
    "Step",
    "StepResult",
    "StopSignal",
    "Target",
    "load_configuration",
    "load_desired",
    "load_plan",
    "make_plan",
    "plan_digest",
    "plan_to_document",
    "report_to_document",
    "save_plan",
    "validate",
]


def __getattr__(name: str) -> object:
    """Import a public name's module when the name is first asked for."""
    if name not in _HOME_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
