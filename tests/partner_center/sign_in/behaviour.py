"""How the fake authority behaves, which a test may change at any time, and what it was asked."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

TENANT = "5d4b1a70-59f5-4b43-9e4a-0b4d3a3a3a11"
REFRESH_TOKEN = "planted.refresh-token_first-8Hk2"


@dataclass(slots=True)
class Behaviour:
    refuse: deque[int] = field(default_factory=deque)
    """AADSTS codes, each for one token request."""
    refuse_codes: deque[int] = field(default_factory=deque)
    """As `refuse`, each for one request of a device code."""
    echo: bool = False
    """A refusal repeats the secrets it was sent, which the real authority has been seen to do."""
    lifetime: int = 3600
    opaque: bool = False
    rotate: bool = True
    revoke_used: bool = False
    refresh_tokens: set[str] = field(default_factory=lambda: {REFRESH_TOKEN})
    assertions: set[str] = field(default_factory=set)
    certificate: str | None = None
    pending: int = 0
    """How often a device code is not entered yet."""
    tenant: str = TENANT
    raw: deque[tuple[int, str]] = field(default_factory=deque)
    """Status and body, each for one token request, instead of an answer."""
    methods: tuple[str, ...] = ("pwd", "mfa")
    oidc: Answered | None = None
    hold: Event | None = None
    """Token requests wait for it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class Answered:
    status: int
    body: str

    @classmethod
    def json(cls, body: object, status: int = 200) -> Answered:
        return cls(status, json.dumps(body))
