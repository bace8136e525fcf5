"""A partner with four customers to apply to, embedded or served, and plans to tamper with."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.cli.project import Ended, Project, manifest, settings, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SCHOOL: Final = "11111111-0000-4000-8000-0000000000aa"
AGENCY: Final = "22222222-0000-4000-8000-0000000000aa"
UTILITY: Final = "33333333-0000-4000-8000-0000000000aa"
DENIED: Final = "44444444-0000-4000-8000-0000000000aa"
NAMES: Final = {SCHOOL: "school", AGENCY: "agency", UTILITY: "utility", DENIED: "denied"}

CODE: Final = "planted-gcc-code-9f2"
DENIAL: Final = "2020-12-03T10:37:38.885Z"

EDUCATION: Final = {
    "qualification": "Education",
    "educationSegment": "K12",
    "website": "contoso.edu",
}
GCC: Final = {
    "qualification": "GovernmentCommunityCloud",
    "validationCodeFrom": {"env": "AGENCY_CODE"},
}
SOE: Final = "StateOwnedEntity"

DECLARED: Final[Mapping[str, list[object]]] = {
    SCHOOL: [EDUCATION, SOE],
    AGENCY: [GCC, SOE],
    UTILITY: [SOE],
    DENIED: [EDUCATION],
}
"""Five steps, and one denial that no step is for."""

AS_DECLARED: Final = {
    (SCHOOL, "Education"),
    (SCHOOL, SOE),
    (AGENCY, "GovernmentCommunityCloud"),
    (AGENCY, SOE),
    (UTILITY, SOE),
}


@dataclass(frozen=True, slots=True)
class Shop:
    """The project; what is sent is known where the emulator is served."""

    project: Project
    address: str | None = None

    def declare(self, customer_id: str, *entries: object, **spec: object) -> None:
        name = NAMES[customer_id]
        self.project.write(
            f"customers/{name}.yaml", manifest(name, customer_id, list(entries), **spec)
        )

    def policy(self, text: str) -> None:
        self.project.write("reconciler.yaml", settings(policy=text))

    def run(self, *arguments: str) -> Ended:
        return self.project.run(*arguments)

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Save a plan as plan.json, and read it."""
        ended = self.run("plan", "--format", "json", "--out", "plan.json", *arguments)
        assert ended.code in (0, 3), ended.err
        return ended.document

    def apply(self, *arguments: str) -> Ended:
        return self.run("apply", "--auto-approve", "--format", "json", *arguments)

    def save(self, plan: Mapping[str, Any], *, sealed: bool = True) -> None:
        """Write a plan over plan.json; sealed, its digest is made to match, as an attacker can."""
        document = dict(plan)
        if sealed:
            document["digest"] = digest_of(document)
        self.project.write("plan.json", json.dumps(document))

    def start_anew(self) -> None:
        """Go back to the seed and to what was declared at first, with no run before."""
        httpx.post(f"{self.address}/emulator/reset", trust_env=False).raise_for_status()
        (self.project.folder / ".reconciler" / "journal.jsonl").unlink(missing_ok=True)
        shutil.rmtree(self.project.folder / "customers")
        declare_all(self)

    @property
    def state(self) -> dict[str, Any]:
        assert self.address is not None
        return state_of(self.address)

    @property
    def sent(self) -> set[tuple[str, str]]:
        """The creates that reached the service, refused ones too."""
        posts = self.state["posts"]
        return {(each, name) for each, named in posts.items() for name in named}


def digest_of(plan: Mapping[str, Any]) -> str:
    """Compute the digest as the contract says, sharing nothing with the program."""
    steps = [{n: v for n, v in step.items() if n != "source"} for step in plan["steps"]]
    content = {"target": plan["target"], "steps": steps, "basis": plan["basis"]}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def open_shop(folder: Path) -> Shop:
    shop = Shop(Project(folder, {"AGENCY_CODE": CODE}))
    declare_all(shop)
    shop.project.seed([seeded(customer_id) for customer_id in NAMES], codes={CODE: 3})
    return shop


def declare_all(shop: Shop) -> None:
    shop.project.write("reconciler.yaml", settings())
    for customer_id, entries in DECLARED.items():
        shop.declare(customer_id, *entries)


def seeded(customer_id: str) -> dict[str, object]:
    denial = EDUCATION_DENIED if customer_id == DENIED else []
    return {"id": customer_id, "qualifications": denial, "customerAgreement": True}


EDUCATION_DENIED: Final = [
    {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": "Not an Education Customer",
        "vettingCreatedDate": DENIAL,
    }
]


@contextmanager
def served_shop(folder: Path) -> Iterator[Shop]:
    """Open the shop on a served emulator, as app+user."""
    shop = open_shop(folder)
    with shop.project.served() as address:
        shop.project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "user-token",
        }
        yield Shop(shop.project, address)
