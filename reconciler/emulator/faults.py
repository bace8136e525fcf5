"""The faults that the emulator is told to show: their document and its kinds. Nothing fires here.

A faults document is a mapping of `seed` (a whole number, 0 where left out) and `faults`, a list:

    seed: 7
    faults:
      - {kind: throttle, call: readQualifications, times: 3, retryAfter: 2}
      - {kind: drop-after, call: createQualification, probability: 0.2}
      - {kind: status, status: 503, customer: 14876998-c0dc-46e6-9d0c-65a57a6c32ec, after: 1}

The faults act on a call from the top; the first that fires ends it, and later ones don't see it.
Only `delay`, `lag` and `no-idempotency` let the faults below them act too.

Every fault says which calls it matches: `call` (readQualifications, createQualification,
accountStatus, agreements, directSigned, customer, customers, validations, auditRecords, or any,
which is meant where it is left out), `customer` (an id) and `method` (GET or POST). `after: K`
lets the first K matching calls pass, `times: N` fires N times at most, and `probability` fires at
so many of the rest. The same document fires at the same calls each time; `probability` alone
does so in whatever order customers are asked about, as each customer's calls are drawn apart.

Kinds, with their own keys. `effect: before` fires before the call reaches the service, so nothing
happened; `effect: after` fires when the service has done it.

| kind                 | does                                                                    |
|----------------------|-------------------------------------------------------------------------|
| `refuse`             | resets the connection; nothing happened                                 |
| `drop-before`        | closes the connection without an answer; nothing happened               |
| `drop-after`         | closes it without an answer; the service has done it                    |
| `delay`              | waits `seconds`; `effect` before (where left out) or after              |
| `truncate`           | done, but half of the answer's body is missing and the connection closes |
| `wrong-content-type` | an HTML sign-in page with 200; `effect` before or after                 |
| `empty`              | 200 without a body; `effect` after or before                            |
| `garbage`            | 200 with broken JSON; `effect` after or before                          |
| `status`             | answers `status` with `body` (text) or `json`, and `headers`; `effect`  |
| `throttle`           | 429, with `retryAfter` (seconds, or the text of an HTTP date) or without |
| `rate-limit`         | 429 as `throttle` for what is beyond `perMinute`, after `burst` at once; |
|                      | what it refuses doesn't count                                           |
| `redirect`           | 302 to `location`                                                       |
| `lag`                | after a create, the customer's next `reads`, or those of the next       |
|                      | `seconds`, show the state before it                                     |
| `no-idempotency`     | MS-RequestId is not honoured; `duplicates: accept` creates what is held |
|                      | already once more (refuse, where left out)                              |
| `expire-token`       | a token is refused with 401 once it was used for `after` calls;         |
|                      | `times` is the number of tokens that end so                             |
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from reconciler.emulator.routing import CallName, lower_guid
from reconciler.emulator.seed import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY: Final = "any"
BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class FiresWhen(StrEnum):
    """Whether a fault fires before the service did what was asked, or after."""

    BEFORE = "before"
    AFTER = "after"


def _known_call(name: str) -> str:
    if name != ANY and name not in set(CallName):
        msg = f"is no call: {', '.join([*CallName, ANY])}"
        raise ValueError(msg)
    return name


Guid = Annotated[str, AfterValidator(lower_guid)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[ -~]*$")]
MatchedCall = Annotated[str, AfterValidator(_known_call)]
EffectName = Annotated[FiresWhen, Field(strict=False)]


class _Fault(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # when it is first used: no command uses all
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )

    call: MatchedCall = ANY
    customer: Guid | None = None
    method: Literal["GET", "POST"] | None = None
    times: PositiveInt | None = None
    after: NonNegativeInt = 0
    probability: Annotated[float, Field(ge=0, le=1)] | None = None


class Cut(_Fault):
    """The connection ends before the whole answer went out."""

    kind: Literal["refuse", "drop-before", "drop-after", "truncate"]


class Garbled(_Fault):
    """200, and nothing that can be read."""

    kind: Literal["wrong-content-type", "empty", "garbage"]
    effect: EffectName | None = None


class Status(_Fault):
    kind: Literal["status"]
    status: Annotated[int, Field(ge=200, le=599)]
    effect: EffectName = FiresWhen.BEFORE
    body: str | None = None
    json_body: Annotated[JsonValue, Field(alias="json")] = None
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        bodies = (self.body is not None) + (self.json_body is not None)
        if bodies > (self.status not in BODILESS):
            msg = f"{bodies} bodies are too many for {self.status}"
            raise ValueError(msg)
        if {"content-length", "transfer-encoding"} & {name.lower() for name in self.headers}:
            msg = "headers: the emulator itself tells the length of a body"
            raise ValueError(msg)
        return self


class Throttle(_Fault):
    kind: Literal["throttle"]
    retry_after: NonNegativeInt | HeaderText | None = None


class RateLimit(_Fault):
    """A bucket of `burst` requests that fills at `per_minute`."""

    kind: Literal["rate-limit"]
    per_minute: PositiveInt
    burst: PositiveInt = 1
    retry_after: NonNegativeInt | HeaderText | None = None


class Redirect(_Fault):
    kind: Literal["redirect"]
    location: HeaderText


class ExpireToken(_Fault):
    kind: Literal["expire-token"]
    probability: None = None


class Delay(_Fault):
    kind: Literal["delay"]
    seconds: NonNegativeFloat
    effect: EffectName = FiresWhen.BEFORE


class Lag(_Fault):
    kind: Literal["lag"]
    call: Literal["createQualification"] = "createQualification"
    reads: PositiveInt | None = None
    seconds: PositiveFloat | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.reads is None) is (self.seconds is None):
            msg = "either reads or seconds is due"
            raise ValueError(msg)
        return self


class NoIdempotency(_Fault):
    kind: Literal["no-idempotency"]
    call: Literal["createQualification"] = "createQualification"
    duplicates: Literal["accept", "refuse"] = "refuse"


Ending = Cut | Garbled | Status | Throttle | RateLimit | Redirect | ExpireToken
"""The faults that decide what goes over the wire."""

Fault = Ending | Delay | Lag | NoIdempotency


class FaultDocument(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # as above
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )

    seed: int = 0
    faults: tuple[Annotated[Fault, Field(discriminator="kind")], ...] = Field((), strict=False)


def read_faults(mapping: Mapping[str, object]) -> FaultDocument:
    """Raise ConfigurationError naming each place that is wrong."""
    return read_document(FaultDocument, mapping, "the faults document", frozenset())
