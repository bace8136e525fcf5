"""The lines of the journal, one model for both ways; a line that is not ours is refused.

The format on disk is read by later versions: a line or a field may be added, never renamed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.model.errors import JournalRefused
from reconciler.model.plan import Outcome, Step, StepKey
from reconciler.model.state import CustomerId, EducationSegment, Qualification

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path


class JournalLine(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # when it is first used: no command uses all
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
    )


class Started(JournalLine):
    """The first line of every run, and so of every journal."""

    event: Literal["started"] = "started"
    journal: Literal["reconciler/v1"] = "reconciler/v1"
    run: str
    at: AwareDatetime
    plan_digest: str
    address: str
    tenant_id: str | None


class CreateRecord(JournalLine):
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

    @classmethod
    def of(cls, step: Step, run: str, at: datetime, request_id: str) -> Self:
        return cls(
            run=run,
            at=at,
            customer_id=step.customer_id,
            name=step.name,
            qualification=step.qualification,
            education_segment=step.education_segment,
            website=step.website,
            denial=step.resubmit_denial_of,
            request_id=request_id,
        )

    def matches(self, step: Step) -> bool:
        """Tell whether `step` asks for the very same create, particulars included."""
        particulars = (step.education_segment, step.website)
        return self.key == step.key and (self.education_segment, self.website) == particulars

    @property
    def key(self) -> StepKey:
        return StepKey(self.customer_id, self.qualification, self.denial)

    @property
    def step(self) -> Step:
        """The step, as far as it says what a read has to show."""
        return Step(self.customer_id, self.name, self.qualification, resubmit_denial_of=self.denial)


class Posting(JournalLine):
    """One POST of a create, under the id that the service's support asks for."""

    event: Literal["posting"] = "posting"
    run: str
    at: AwareDatetime
    request_id: str
    correlation_id: str


class Accepted(JournalLine):
    """The service answered a create with a 2xx that tells too little: it is never repeated."""

    event: Literal["accepted"] = "accepted"
    run: str
    at: AwareDatetime
    request_id: str


class Settled(JournalLine):
    event: Literal["settled"] = "settled"
    run: str
    at: AwareDatetime
    request_id: str
    outcome: Outcome


class Audited(JournalLine):
    """The service's audit log says that this POST succeeded: it is created, if no read shows it."""

    event: Literal["audited"] = "audited"
    run: str
    at: AwareDatetime
    request_id: str
    correlation_id: str


class Found(StrEnum):
    """What a person saw in Partner Center."""

    CREATED = "created"
    ABSENT = "absent"


class Ruled(JournalLine):
    """A person's word on an unsettled create: it is done, or its step is free again."""

    event: Literal["ruled"] = "ruled"
    at: AwareDatetime
    request_id: str
    found: Found
    reason: str


class Ended(JournalLine):
    """Earlier versions ended a whole run with it. Nothing is read from it, nor is it written."""

    event: Literal["ended"] = "ended"
    run: str
    at: AwareDatetime


class Reset(JournalLine):
    """The emulator is back at its seed: what was created there is gone."""

    event: Literal["reset"] = "reset"
    at: AwareDatetime
    address: str
    tenant_id: str | None


Event = Started | CreateRecord | Posting | Accepted | Settled | Audited | Ruled | Ended | Reset
_LINES: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def parse_lines(path: Path, content: bytes) -> Iterable[Event]:
    *lines, rest = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            yield _LINES.validate_json(line)
        except ValidationError:
            raise refused_line(path, number, "is not a line that this program writes") from None
    if rest:
        raise refused_line(path, len(lines) + 1, "is cut off")


def refused_line(path: Path, number: int, what: str) -> JournalRefused:
    """Name the line. The others stay worth keeping: they bar what may have happened."""
    return JournalRefused(
        f"the journal {path} can't be trusted: line {number} {what}",
        "keep a copy, and find out what that line was about (`reconciler plan` reads every "
        "customer); then take it out, look with `reconciler journal` at what is unsettled, and run "
        "again; nothing was sent and the journal is as it was",
    )
