"""What is told to people: findings and diagnostics, with their places. Values, never raised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

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


_LAST: Final = "\U0010ffff"
"""Sorts after every name and file."""


def finding_order(finding: Finding) -> tuple[str, str, str, int, int, str, str, str]:
    """By customer and place. What is said of no customer comes last, alike things by their words.

    Those of one customer that are alike stay as they were decided.
    """
    source = finding.source
    return (
        finding.name or _LAST,
        finding.customer_id or "",
        source.file if source else _LAST,
        source.line if source else 0,
        source.column if source else 0,
        finding.qualification or "",
        finding.rule,
        finding.message if finding.customer_id is None else "",
    )


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
