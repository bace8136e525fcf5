"""The tree of exceptions: what ends a run or a call. Nothing here knows HTTP or YAML.

    ReconcilerError
├── UsageError                  wrong words on the command line (exit 64)
├── ConfigurationError          reconciler.yaml or the environment
    │   └── NoManifests             there are none where they are looked for
├── ManifestsInvalid            carries every diagnostic of every file
├── PlanRefused                 a plan that must not be applied or read
├── NotApproved                 nobody said yes
├── StateError                  the working folder
│   ├── JournalRefused          a journal that can't be trusted
│   └── LockHeld                another apply is running
├── SignInFailed                no way in, or the authority said no
└── ServiceError                one call to Partner Center
    ├── SignInRefused           401
    ├── AppOnlyRefused          403 with code 900329
    ├── CustomerNotFound        404
    ├── CallRefused             another definite no
    ├── Unavailable             certainly nothing happened; may be tried again
    ├── OutcomeUnknown          a write that may have happened
    └── UnreadableAnswer        answered, but it can't be understood
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.findings import Diagnostic


class ReconcilerError(Exception):
    """The root. `message` names the thing and the place, `remedy` the way out."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(ReconcilerError):
    exit_code = 64


class ConfigurationError(ReconcilerError):
    def __init__(
        self, message: str, remedy: str = "", diagnostics: tuple[Diagnostic, ...] = ()
    ) -> None:
        super().__init__(message, remedy)
        self.diagnostics = diagnostics


class NoManifests(ConfigurationError):
    """There is none, or no such place; an export begins so."""


class ManifestsInvalid(ReconcilerError):
    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("the manifests are invalid", "mend what is listed and run again")
        self.diagnostics = diagnostics


class PlanRefused(ReconcilerError):
    pass


class NotApproved(ReconcilerError):
    pass


class StateError(ReconcilerError):
    pass


class JournalRefused(StateError):
    pass


class LockHeld(StateError):
    pass


class SignInFailed(ReconcilerError):
    pass


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of a failed call: what support asks for, and nothing secret."""

    status: int | None = None
    code: str | None = None
    text: str | None = None
    correlation_id: str | None = None
    retry_after: float | None = None
    """Seconds the service asked to wait, if it did."""


class ServiceError(ReconcilerError):
    def __init__(self, message: str, remedy: str = "", answered: Answered | None = None) -> None:
        super().__init__(message, remedy)
        self.answered = answered if answered is not None else Answered()

    def __str__(self) -> str:
        """The message with the id that support asks for.

        `message` goes without: the id is another at every call, and a plan must not be.
        """
        call_id = self.answered.correlation_id
        return self.message if call_id is None else f"{self.message} (MS-CorrelationId {call_id})"


class SignInRefused(ServiceError):
    pass


class AppOnlyRefused(ServiceError):
    pass


class CustomerNotFound(ServiceError):
    pass


class CallRefused(ServiceError):
    pass


class Unavailable(ServiceError):
    pass


class OutcomeUnknown(ServiceError):
    pass


class UnreadableAnswer(ServiceError):
    pass
