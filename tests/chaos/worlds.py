"""Draws the customers, manifests and codes of one run; it starts nothing and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

EDUCATION: Final = "Education"
GCC: Final = "GovernmentCommunityCloud"
SOE: Final = "StateOwnedEntity"

Entry = dict[str, Any]
"""A qualification as a manifest declares it, or as the service tells it."""

DENIED_ON: Final = "2026-01-05T08:00:00.000Z"
DENIED: Final[Entry] = {
    "qualification": EDUCATION,
    "vettingStatus": "Denied",
    "vettingReason": "Not an Education Customer",
    "vettingCreatedDate": DENIED_ON,
}
APPROVED: Final[Entry] = {"qualification": EDUCATION, "vettingStatus": "Approved"}

CODE_VARIABLE: Final = "COUNTY_CODE"
CODE_FILE: Final = "county.code"
SPENT_FILE: Final = "spent.code"
CODE_USES: Final = 1000
"""More than there are customers: a code that runs out would hide a second create."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a customer holds at first, and what its manifest declares."""

    live: tuple[Entry, ...]
    wants: tuple[str, ...]


KINDS: Final = (
    Kind((), ("education",)),
    Kind((), ("education", "soe")),
    Kind((), ("gcc",)),
    Kind((), ("gcc", "soe")),
    Kind((), ("soe",)),
    Kind((), ("spent", "soe")),
    Kind((DENIED,), ("again",)),
    Kind((DENIED,), ("again", "soe")),
    Kind((DENIED,), ("gcc",)),
    Kind(({"qualification": SOE},), ("gcc", "soe")),
    Kind((APPROVED,), ("education", "soe")),
)
WEIGHTS: Final = (6, 8, 4, 6, 4, 1, 4, 4, 2, 2, 1)


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    name: str
    live: tuple[Entry, ...]
    entries: tuple[Entry, ...]

    @property
    def domain(self) -> str:
        return f"{self.name}.example"


@dataclass(frozen=True, slots=True)
class World:
    """One run's customers, the validation codes, and how the program is configured."""

    customers: tuple[Customer, ...]
    code: str
    spent_code: str
    concurrency: int
    policy: Mapping[str, object]

    @property
    def seed(self) -> dict[str, object]:
        """The emulator's seed. Every account is in order, so no side check holds a step back."""
        return {
            "customers": [_seeded(customer) for customer in self.customers],
            "validationCodes": {self.code: CODE_USES, self.spent_code: 0},
        }

    @property
    def secrets(self) -> tuple[str, str]:
        return self.code, self.spent_code


def draw_world(random: Random) -> World:
    kinds = random.choices(KINDS, WEIGHTS, k=random.randint(8, 12))
    customers = tuple(_draw_customer(random, kind, at) for at, kind in enumerate(kinds, start=1))
    check = random.choice(["block", "warn", "skip"])
    return World(
        customers=customers,
        code=f"code-{random.getrandbits(64):016x}",
        spent_code=f"spent-{random.getrandbits(64):016x}",
        concurrency=random.choice([1, 4, 8, 8]),
        policy={"accountStatus": check, "customerAgreement": check, "maxCreates": 1000},
    )


def _draw_customer(random: Random, kind: Kind, at: int) -> Customer:
    entries = tuple(_draw_entry(random, want) for want in kind.wants)
    customer_id = str(UUID(int=random.getrandbits(128), version=4))
    return Customer(customer_id, f"customer-{at}", kind.live, entries)


def _draw_entry(random: Random, want: str) -> Entry:
    match want:
        case "soe":
            return {"qualification": SOE}
        case "spent":
            return {"qualification": GCC, "validationCodeFrom": {"file": SPENT_FILE}}
        case "gcc":
            where = random.choice([{"env": CODE_VARIABLE}, {"file": CODE_FILE}])
            return {"qualification": GCC, "validationCodeFrom": where}
        case _:
            segment = random.choice(["K12", "HigherEducation"])
            entry = {"qualification": EDUCATION, "educationSegment": segment}
            return entry | ({"resubmitDenialOf": DENIED_ON} if want == "again" else {})


def _seeded(customer: Customer) -> dict[str, object]:
    return {
        "id": customer.customer_id,
        "name": customer.name,
        "domain": customer.domain,
        "qualifications": list(customer.live),
        "accountStatus": "Allowed",
        "customerAgreement": True,
    }
