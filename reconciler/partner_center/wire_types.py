"""The types that the shapes of answers are made of: lenient where the service is known to vary.

That is the case of names, and the spelling and precision of dates.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StringConstraints,
    model_validator,
)

from reconciler.model.secret import Secret
from reconciler.partner_center.errors import plain_text

LONGEST_DATE: Final = 40
"""Characters of an odd date that are repeated."""

NO_DATE: Final = datetime(1, 1, 1, tzinfo=UTC)
"""How .NET writes a date that was never set."""


def _read_instant(sent: object) -> datetime | str | None:
    """ISO 8601; without a zone it is UTC, and digits beyond a microsecond are dropped.

    What is no date comes back as text, quoted: an odd date must not hide what is held.
    """
    if sent is None:
        return None
    try:
        # A number can read like a date: 20201203 does.
        instant = datetime.fromisoformat(sent.strip() if isinstance(sent, str) else "")
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return f'"{plain_text(str(sent), LONGEST_DATE)}"'
    return None if instant == NO_DATE else instant


def _refuse_unprintable(word: str) -> str:
    if not word.isprintable():
        raise ValueError("holds control characters")
    return word


SecretText = InstanceOf[Secret]
"""What was wrapped as it was read, for its name."""

Guid = Annotated[UUID, Field(strict=False)]
Instant = Annotated[datetime | str | None, BeforeValidator(_read_instant)]
Word = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_refuse_unprintable)
]
MaybeEmptyWord = Annotated[
    str, StringConstraints(max_length=200), AfterValidator(_refuse_unprintable)
]


class WireShape(BaseModel):
    """A JSON object, its names in any case; what isn't asked for is dropped unread."""

    model_config = ConfigDict(
        defer_build=True,  # when it is first used: no command uses all
        extra="ignore",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _fold_names(cls, sent: object) -> object:
        if not isinstance(sent, dict):
            return sent
        folded: dict[str, object] = {}
        for name, value in sent.items():
            if folded.setdefault(str(name).casefold(), value) != value:
                raise ValueError("one name in two spellings, with different values")
        return folded
