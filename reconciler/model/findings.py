"""What is told to people: findings and diagnostics, with their places. Values, never raised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Category(StrEnum):
    IMPOSSIBLE = "impossible"
    BLOCKED = "blocked"
    DENIED = "denied"
    UNREADABLE = "unreadable"
    PENDING = "pending"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a text. Lines and columns count from 1; `file` uses `/`."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Vetting:
    """What the service says of the vetting of one qualification."""

    status: str | None = None
    reason: str | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something between desired and live state that no step will mend."""

    rule: str
    category: Category
    severity: Severity
    message: str
    remedy: str
    customer_id: str | None = None
    name: str | None = None
    qualification: str | None = None
    source: Source | None = None
    live: Vetting | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem of a manifest or configuration, found without asking the service."""

    rule: str
    severity: Severity
    message: str
    remedy: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """What `validate` found: `documents` counts the manifests read."""

    documents: int
    diagnostics: tuple[Diagnostic, ...]
