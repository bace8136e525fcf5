"""Puts on record who sent what and what came of it, in a file of hash-chained lines; no secret.

A log that is broken, or that can't be written, is refused before anything is sent.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from errno import EBUSY
from io import FileIO
from typing import TYPE_CHECKING, Protocol, Self, assert_never

from reconciler.applying.audit_chain import BrokenChain, follow_chain
from reconciler.applying.state_folder import (
    APPEND,
    append_line,
    flush_folder,
    open_state_file,
    read_state_file,
)
from reconciler.model.errors import ServiceError, SignInFailed, StateError
from reconciler.model.plan import Created
from reconciler.model.state import format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from reconciler.model.audit import Actor
    from reconciler.model.plan import ApplyReport, Outcome, Step

Answer = Created | ServiceError | SignInFailed


class RecordsPosts(Protocol):
    """An audit log. Raises StateError where nothing may be sent."""

    def posting(self, at: datetime, step: Step, request_id: str, correlation_id: str) -> None: ...

    def answered(self, at: datetime, step: Step, request_id: str, answer: Answer) -> None: ...

    def settled(self, at: datetime, step: Step, request_id: str, outcome: Outcome) -> None: ...


class NoAuditLog:
    """Takes everything and writes nothing: the configuration names no log."""

    def posting(self, *_: object) -> None:
        pass

    def answered(self, *_: object) -> None:
        pass

    def settled(self, *_: object) -> None:
        pass

    def ended(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What every line of one run says: who, from where, which plan, to which service."""

    actor: Actor
    ci: Mapping[str, str] | None
    plan_digest: str
    address: str

    def describe(self) -> dict[str, object]:
        actor = self.actor
        return {
            "who": {
                "signIn": actor.sign_in,
                "user": actor.user,
                "application": actor.application,
                "tenantId": actor.tenant_id,
            },
            "ci": None if self.ci is None else dict(self.ci),
            "planDigest": self.plan_digest,
            "address": self.address,
        }


class AuditLog:
    """Appends the events of one run, as long as the file is the one that was opened."""

    def __init__(self, path: Path, run: RunIdentity) -> None:
        self._path = path
        self._run = run.describe()
        try:
            content = _read(path)
            self._file = FileIO(open_state_file(path, APPEND), "ab")
            flush_folder(path.parent)
        except OSError as error:
            raise self._refused(f"can't be written: {error.strerror}") from error
        chain = follow_chain(content)
        if isinstance(chain, BrokenChain):
            self._file.close()
            raise StateError(*broken_log(path, chain))
        self._chain = chain
        self._size = len(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def posting(self, at: datetime, step: Step, request_id: str, correlation_id: str) -> None:
        """Tell of a POST that is about to be sent."""
        self._append("posting", at, _of_step(step, request_id, correlation_id))

    def answered(self, at: datetime, step: Step, request_id: str, answer: Answer) -> None:
        details, correlation_id = _describe(answer)
        event = {**_of_step(step, request_id, correlation_id), "answer": details}
        self._append("answered", at, event)

    def settled(self, at: datetime, step: Step, request_id: str, outcome: Outcome) -> None:
        self._append("settled", at, {**_of_step(step, request_id), "outcome": outcome.value})

    def ended(self, at: datetime, report: ApplyReport, why: str | None) -> None:
        """Tell how the run ended: every outcome counted, and why it was stopped, if it was."""
        outcomes = Counter(result.outcome.value for result in report.results)
        self._append("ended", at, {"outcomes": dict(sorted(outcomes.items())), "stopped": why})

    def _append(self, event: str, at: datetime, details: Mapping[str, object]) -> None:
        content = {"event": event, "at": format_instant(at), **self._run, **details}
        line, chain = self._chain.link(content)
        try:
            self._ensure_in_place()
            append_line(self._file, line)
        except OSError as error:
            raise self._refused(f"can't be written: {error.strerror}") from error
        self._chain, self._size = chain, self._size + len(line)

    def _ensure_in_place(self) -> None:
        opened = os.fstat(self._file.fileno())
        if not os.path.samestat(opened, self._path.lstat()) or opened.st_size != self._size:
            raise OSError(EBUSY, "it was replaced, or another run writes to it")

    def _refused(self, why: str) -> StateError:
        return StateError(
            f"the audit log {self._path} {why}",
            "make room or make it writable, or name another file as auditLog in reconciler.yaml; "
            "nothing is sent that it can't take",
        )


def broken_log(path: Path, broken: BrokenChain) -> tuple[str, str]:
    remedy = (
        "keep it for whoever looks into it, and name another file as auditLog in reconciler.yaml; "
        "nothing was sent"
    )
    return (
        f"the audit log {path} can't be trusted: line {broken.line} {broken.why}",
        remedy,
    )


def _read(path: Path) -> bytes:
    try:
        return read_state_file(path)
    except FileNotFoundError:
        return b""


def _of_step(step: Step, request_id: str, correlation_id: str | None = None) -> dict[str, object]:
    return {
        "customerId": step.customer_id,
        "name": step.name,
        "call": f"POST /v1/customers/{step.customer_id}/qualifications",
        "qualification": step.qualification.value,
        "requestId": request_id,
        "correlationId": correlation_id,
    }


def _describe(answer: Answer) -> tuple[dict[str, object], str | None]:
    """What came back: of the service's words only those that a report would show."""
    match answer:
        case Created(live=live, correlation_id=correlation_id):
            return {"created": True, "vettingStatus": live.vetting_status}, correlation_id
        case ServiceError(answered=answered):
            details = {"created": False, "kind": type(answer).__name__, "status": answered.status}
            details |= {"code": answered.code, "message": answer.message}
            return details, answered.correlation_id
        case SignInFailed():
            return {"created": False, "kind": "SignInFailed", "message": answer.message}, None
        case _:
            assert_never(answer)
