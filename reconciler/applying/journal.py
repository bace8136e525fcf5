"""The record written to disk before and after every create, so a killed run can be resumed.

One JSON line an event, flushed to disk before the create is sent. A journal that can't be
understood is refused by name: never guessed over, never thrown away. It holds no validation code.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, assert_never

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.model.errors import JournalRefused, StateError
from reconciler.model.plan import Outcome, Step, StepKey, key_of
from reconciler.model.state import CustomerId, EducationSegment, Qualification

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import FileIO
    from pathlib import Path

    from reconciler.model.plan import Target

JOURNAL_FILE: Final = "journal.jsonl"

FRESH: Final = timedelta(hours=1)
"""How long reads are not trusted to show a create that the journal has seen done."""


class _Event(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class _Started(_Event):
    """The first line of every run, and so of every journal."""

    event: Literal["started"] = "started"
    journal: Literal["reconciler/v1"] = "reconciler/v1"
    run: str
    at: AwareDatetime
    plan_digest: str
    address: str
    tenant_id: str | None


class CreateRecord(_Event):
    """A create that is about to be sent."""

    event: Literal["sending"] = "sending"
    run: str
    at: AwareDatetime
    customer_id: CustomerId
    name: str
    qualification: Qualification
    education_segment: EducationSegment | None = None
    website: str | None = None
    denial: AwareDatetime | None = None
    request_id: str

    def says(self, step: Step) -> bool:
        """Tell whether `step` asks for the very same create, particulars included."""
        particulars = (step.education_segment, step.website)
        return self.key == key_of(step) and (self.education_segment, self.website) == particulars

    @property
    def key(self) -> StepKey:
        return StepKey(self.customer_id, self.qualification, self.denial)

    @property
    def step(self) -> Step:
        """The step, as far as it says what a read has to show."""
        return Step(self.customer_id, self.name, self.qualification, resubmit_denial_of=self.denial)


class _Settled(_Event):
    event: Literal["settled"] = "settled"
    run: str
    at: AwareDatetime
    request_id: str
    outcome: Outcome


class _Ended(_Event):
    """The last line of a run that was not cut short: every step was seen to."""

    event: Literal["ended"] = "ended"
    run: str
    at: AwareDatetime


class _Reset(_Event):
    """The emulator is back at its seed: what was created there is gone."""

    event: Literal["reset"] = "reset"
    at: AwareDatetime
    address: str
    tenant_id: str | None


Event = _Started | CreateRecord | _Settled | _Ended | _Reset
_LINES: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


@dataclass(frozen=True, slots=True)
class History:
    """What a journal says of the runs against one target."""

    unsettled: dict[StepKey, CreateRecord]
    """Creates that may have happened, by step."""

    elsewhere: int
    """Unsettled creates of other targets: not looked at here."""

    sent: dict[str, frozenset[StepKey]]
    """The creates sent, by the digest of the plan they were sent for."""

    interrupted: frozenset[StepKey]
    """The creates sent by runs that were cut short since the last one that ended."""

    done: dict[StepKey, CreateRecord] = field(default_factory=dict)
    """Creates that were seen done."""

    def freshly_done(self, now: datetime) -> dict[StepKey, CreateRecord]:
        """Find the creates done so lately that reads may still lag behind them."""
        return {key: sending for key, sending in self.done.items() if now - sending.at < FRESH}


class Journal:
    """Appends events to the journal of one run."""

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        try:
            self._file = _open(path)
        except OSError as error:
            raise StateError(*_no_room(path, error.strerror or str(error))) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def started(self, at: datetime, plan_digest: str, target: Target) -> None:
        self._append(
            _Started(
                run=self._run,
                at=at,
                plan_digest=plan_digest,
                address=target.address,
                tenant_id=target.tenant_id,
            )
        )

    def sending(self, at: datetime, step: Step, request_id: str) -> None:
        self._append(
            CreateRecord(
                run=self._run,
                at=at,
                customer_id=step.customer_id,
                name=step.name,
                qualification=step.qualification,
                education_segment=step.education_segment,
                website=step.website,
                denial=step.resubmit_denial_of,
                request_id=request_id,
            )
        )

    def settled(self, at: datetime, request_id: str, outcome: Outcome) -> None:
        self._append(_Settled(run=self._run, at=at, request_id=request_id, outcome=outcome))

    def ended(self, at: datetime) -> None:
        self._append(_Ended(run=self._run, at=at))

    def reset(self, at: datetime, target: Target) -> None:
        """Let nothing that was sent to `target` count any more. Only for an emulator."""
        self._append(_Reset(at=at, address=target.address, tenant_id=target.tenant_id))

    def _append(self, event: _Event) -> None:
        """Write one whole line and flush it to disk, or leave the file as it was.

        Raises StateError where the disk won't take it: then nothing may be sent.
        """
        line = event.model_dump_json(by_alias=True).encode() + b"\n"
        before = os.fstat(self._file.fileno()).st_size
        try:
            if self._file.write(line) != len(line):
                _undo(self._file.fileno(), before)
                raise StateError(*_no_room(self._path, "the disk is full"))
            os.fsync(self._file.fileno())
        except OSError as error:
            _undo(self._file.fileno(), before)
            raise StateError(*_no_room(self._path, error.strerror or str(error))) from error


def _open(path: Path) -> FileIO:
    file = path.open("ab", buffering=0)
    try:
        path.chmod(0o600)
        _flush_folder(path.parent)
    except OSError:
        file.close()
        raise
    return file


def _flush_folder(folder: Path) -> None:
    """Flush the journal's name to disk, too: a line is of no use in a file that is gone."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _undo(descriptor: int, size: int) -> None:
    """Take a torn line back, so that the next run finds a journal it can read."""
    with suppress(OSError):  # then the next run refuses the torn line
        os.ftruncate(descriptor, size)


def _no_room(path: Path, why: str) -> tuple[str, str]:
    return (
        f"the journal {path} can't be written: {why}",
        "make room, then run apply again: it resumes from the journal",
    )


def read_history(path: Path, target: Target) -> History:
    """Read what earlier runs left. Raises JournalRefused, which names the file and the line."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return History({}, 0, {}, frozenset())
    except OSError as error:
        raise JournalRefused(
            f"the journal {path} can't be read: {error.strerror}",
            "make it readable, then run again; nothing was sent",
        ) from error
    reader = _Reader(path, target)
    for number, event in enumerate(_parse(path, content), start=1):
        reader.read(number, event)
    return reader.history()


def _parse(path: Path, content: bytes) -> Iterable[Event]:
    *lines, rest = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            yield _LINES.validate_json(line)
        except ValidationError:
            raise _refused(path, number, "is not a line that this program writes") from None
    if rest:
        raise _refused(path, len(lines) + 1, "is cut off")


def _refused(path: Path, number: int, what: str) -> JournalRefused:
    return JournalRefused(
        f"the journal {path} can't be trusted: line {number} {what}",
        "find out what was sent (`reconciler plan` reads every customer), then move the journal "
        "away and run again; nothing was sent and the journal is as it was",
    )


class _Reader:
    """Replays the events of a journal for one target."""

    def __init__(self, path: Path, target: Target) -> None:
        self._path = path
        self._here = (target.address, target.tenant_id)
        self._runs: dict[str, _Started] = {}
        self._pending: dict[str, CreateRecord] = {}
        self._sent: dict[str, set[StepKey]] = {}
        self._interrupted: set[StepKey] = set()
        self._done: dict[StepKey, CreateRecord] = {}

    def read(self, number: int, event: Event) -> None:
        match event:
            case _Started():
                self._runs[event.run] = event
            case CreateRecord():
                self._sending(event, self._run(number, event.run))
            case _Settled():
                self._settled(number, event)
            case _Ended():
                if self._is_here(self._run(number, event.run)):
                    self._interrupted.clear()
            case _Reset():
                self._reset((event.address, event.tenant_id))
            case _:
                assert_never(event)

    def history(self) -> History:
        here = [s for s in self._pending.values() if self._is_here(self._runs[s.run])]
        return History(
            unsettled={sending.key: sending for sending in here},
            elsewhere=len(self._pending) - len(here),
            sent={digest: frozenset(keys) for digest, keys in self._sent.items()},
            interrupted=frozenset(self._interrupted),
            done=self._done,
        )

    def _run(self, number: int, run: str) -> _Started:
        if run not in self._runs:
            raise _refused(self._path, number, "belongs to a run that never started")
        return self._runs[run]

    def _is_here(self, run: _Started) -> bool:
        return (run.address, run.tenant_id) == self._here

    def _sending(self, event: CreateRecord, run: _Started) -> None:
        self._pending[event.request_id] = event
        if self._is_here(run):
            self._sent.setdefault(run.plan_digest, set()).add(event.key)
            self._interrupted.add(event.key)

    def _reset(self, target: tuple[str, str | None]) -> None:
        runs = self._runs
        self._pending = {
            request_id: sending
            for request_id, sending in self._pending.items()
            if (runs[sending.run].address, runs[sending.run].tenant_id) != target
        }
        if target == self._here:
            for noted in (self._sent, self._interrupted, self._done):
                noted.clear()

    def _settled(self, number: int, event: _Settled) -> None:
        if event.request_id not in self._pending:
            raise _refused(self._path, number, "settles a create that was never sent")
        if event.outcome is Outcome.UNKNOWN:
            return
        sending = self._pending.pop(event.request_id)
        seen = event.outcome in (Outcome.CREATED, Outcome.ALREADY_PRESENT)
        if seen and self._is_here(self._runs[sending.run]):
            self._done[sending.key] = sending
