"""The desired state of customer qualifications, reconciled with Partner Center.

    project = reconciler.open_project("examples/quickstart")
    print(project.render(project.plan()))

Each name is imported when it is first asked for: a command line that only prints its help must not
pay for an HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.documents.plan_file import load_plan, save_plan
    from reconciler.model.errors import (
        ConfigurationError,
        ManifestsInvalid,
        NotApproved,
        PlanRefused,
        ReconcilerError,
        ServiceError,
        SignInFailed,
        SignInRefused,
        StateError,
    )
    from reconciler.model.findings import (
        Category,
        Diagnostic,
        Finding,
        Severity,
        Source,
        Validation,
    )
    from reconciler.model.plan import (
        ApplyReport,
        Outcome,
        Plan,
        PlanDocument,
        Step,
        StepResult,
    )
    from reconciler.model.state import Qualification
    from reconciler.model.status import CustomerStatus, StatusReport
    from reconciler.project.project import Project, open_project
    from reconciler.version import VERSION

_HOMES = {
    "documents.plan_file": ("load_plan", "save_plan"),
    "model.errors": (
        "ConfigurationError",
        "ManifestsInvalid",
        "NotApproved",
        "PlanRefused",
        "ReconcilerError",
        "ServiceError",
        "SignInFailed",
        "SignInRefused",
        "StateError",
    ),
    "model.findings": ("Category", "Diagnostic", "Finding", "Severity", "Source", "Validation"),
    "model.plan": ("ApplyReport", "Outcome", "Plan", "PlanDocument", "Step", "StepResult"),
    "model.state": ("Qualification",),
    "model.status": ("CustomerStatus", "StatusReport"),
    "project.project": ("Project", "open_project"),
    "version": ("VERSION",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "VERSION",
    "ApplyReport",
    "Category",
    "ConfigurationError",
    "CustomerStatus",
    "Diagnostic",
    "Finding",
    "ManifestsInvalid",
    "NotApproved",
    "Outcome",
    "Plan",
    "PlanDocument",
    "PlanRefused",
    "Project",
    "Qualification",
    "ReconcilerError",
    "ServiceError",
    "Severity",
    "SignInFailed",
    "SignInRefused",
    "Source",
    "StateError",
    "StatusReport",
    "Step",
    "StepResult",
    "Validation",
    "load_plan",
    "open_project",
    "save_plan",
]


def __getattr__(name: str) -> object:
    """Import a public name's module when the name is first asked for."""
    if name not in _HOME_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
