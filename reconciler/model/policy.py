"""What may be done: the permitted creates, the limits, and what policy makes of a side check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.model.findings import Category
from reconciler.model.state import Qualification

CREATABLE: Final = frozenset({Qualification.EDUCATION, Qualification.GCC, Qualification.SOE})
"""The only values the service lets be set ("Update a customer's qualifications asynchronously")."""

FAILING: Final = frozenset({Category.IMPOSSIBLE, Category.BLOCKED, Category.DENIED})
"""The categories that can make the exit code 3."""


class SideCheck(StrEnum):
    BLOCK = "block"
    WARN = "warn"
    SKIP = "skip"


class Undeclared(StrEnum):
    FLAG = "flag"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Policy:
    """`permit` may narrow CREATABLE and never widens it: what is not creatable is dropped."""

    permit: frozenset[Qualification] = CREATABLE
    max_creates: int = 25
    fail_on: frozenset[Category] = FAILING
    undeclared: Undeclared = Undeclared.FLAG
    account_status: SideCheck = SideCheck.WARN
    customer_agreement: SideCheck = SideCheck.WARN

    def permits(self, qualification: Qualification) -> bool:
        return qualification in CREATABLE and qualification in self.permit
