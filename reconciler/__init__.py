"""The desired state of customer qualifications, reconciled with Partner Center.

The library's public names. Each is imported when it is first asked for: a command line that only
prints its help must not pay for an HTTP client. The verbs are functions of `reconciler.operations`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.configuration.config import Configuration, load_configuration
    from reconciler.documents import plan_digest, plan_to_document, report_to_document
    from reconciler.findings import Category, Finding, ReconcilerError, Severity, Source
    from reconciler.loading import load_desired, validate
    from reconciler.operations import ApplyRequest, Run
    from reconciler.partner_center.client import PartnerCenterClient
    from reconciler.plan import ApplyReport, Outcome, Plan, PlanDocument, Step, StepResult, Target
    from reconciler.plan_file import load_plan, save_plan
    from reconciler.planner import Scope, make_plan
    from reconciler.policy import Policy
    from reconciler.secret import Secret
    from reconciler.settle import Stop
    from reconciler.state import DesiredState, LiveState, Qualification
    from reconciler.version import VERSION

_HOMES = {
    "configuration.config": ("Configuration", "load_configuration"),
    "documents": ("plan_digest", "plan_to_document", "report_to_document"),
    "findings": ("Category", "Finding", "ReconcilerError", "Severity", "Source"),
    "loading": ("load_desired", "validate"),
    "operations": ("ApplyRequest", "Run"),
    "partner_center.client": ("PartnerCenterClient",),
    "plan": ("ApplyReport", "Outcome", "Plan", "PlanDocument", "Step", "StepResult", "Target"),
    "plan_file": ("load_plan", "save_plan"),
    "planner": ("Scope", "make_plan"),
    "policy": ("Policy",),
    "secret": ("Secret",),
    "settle": ("Stop",),
    "state": ("DesiredState", "LiveState", "Qualification"),
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
    "Stop",
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
