"""The record written to disk before and after every create, so a killed run can be resumed.

One JSON line an event, flushed to disk before the create is sent. A journal that can't be
understood is refused by name: never guessed over, never thrown away. It holds no validation code.
"""

from __future__ import annotations

from io import FileIO
from typing import TYPE_CHECKING, Self

from reconciler.applying.journal_lines import (
    Accepted,
    Audited,
    CreateRecord,
    Found,
    JournalLine,
    Posting,
    Reset,
    Ruled,
    Settled,
    Started,
)
from reconciler.applying.state_folder import (
    APPEND,
    HeldFolder,
    append_line,
    flush_folder,
    open_state_file,
)
from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from reconciler.model.plan import Outcome, Step, Target


class Journal:
    """Appends events to the journal of one run, as long as `held` is what it was."""

    def __init__(self, path: Path, run: str, held: HeldFolder | None = None) -> None:
        self._path = path
        self._run = run
        self._held = HeldFolder(path.parent) if held is None else held
        self._held.ensure_in_place()
        try:
            self._file = _open(path)
        except OSError as error:
            raise StateError(*_no_room(path, error.strerror or str(error))) from error
        self._held.keep(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def started(self, at: datetime, plan_digest: str, target: Target) -> None:
        self._append(
            Started(
                run=self._run,
                at=at,
                plan_digest=plan_digest,
                address=target.address,
                tenant_id=target.tenant_id,
            )
        )

    def sending(self, at: datetime, step: Step, request_id: str) -> None:
        self._append(CreateRecord.of(step, self._run, at, request_id))

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None:
        self._append(
            Posting(run=self._run, at=at, request_id=request_id, correlation_id=correlation_id)
        )

    def accepted(self, at: datetime, request_id: str) -> None:
        self._append(Accepted(run=self._run, at=at, request_id=request_id))

    def settled(
        self, at: datetime, request_id: str, outcome: Outcome, audited: str | None = None
    ) -> None:
        """Tell how a create ended, or by which POST of it the audit log has it `audited`."""
        if audited is None:
            self._append(Settled(run=self._run, at=at, request_id=request_id, outcome=outcome))
        else:
            self._append(
                Audited(run=self._run, at=at, request_id=request_id, correlation_id=audited)
            )

    def ruled(self, at: datetime, request_id: str, found: Found, reason: str) -> None:
        self._append(Ruled(at=at, request_id=request_id, found=found, reason=reason))

    def reset(self, at: datetime, target: Target) -> None:
        """Let nothing that was sent to `target` count any more. Only for an emulator."""
        self._append(Reset(at=at, address=target.address, tenant_id=target.tenant_id))

    def _append(self, event: JournalLine) -> None:
        """Write one whole line and flush it to disk, or leave the file as it was.

        Raises StateError where the disk won't take it, or where the journal is no more what the
        next run will read: then nothing may be sent.
        """
        self._held.ensure_in_place()
        line = event.model_dump_json(by_alias=True).encode() + b"\n"
        try:
            append_line(self._file, line)
        except OSError as error:
            raise StateError(*_no_room(self._path, error.strerror or str(error))) from error


def _open(path: Path) -> FileIO:
    file = FileIO(open_state_file(path, APPEND), "ab")
    try:
        flush_folder(path.parent)
    except OSError:
        file.close()
        raise
    return file


def _no_room(path: Path, why: str) -> tuple[str, str]:
    return (
        f"the journal {path} can't be written: {why}",
        "make room, then run apply again: it resumes from the journal",
    )
