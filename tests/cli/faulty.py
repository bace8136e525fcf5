"""Serves an emulator with faults to a project, and tells what is so at the service."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import httpx

from tests.cli.project import SETTINGS, manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tests.cli.project import Project

TOKEN: Final = "user-token-of-a-test"
CODE: Final = "gcc-code-of-a-test"
CODE_VARIABLE: Final = "COUNTY_CODE"

SOE: Final[Mapping[str, object]] = {"qualification": "StateOwnedEntity"}
EDUCATION: Final[Mapping[str, object]] = {"qualification": "Education", "educationSegment": "K12"}
GCC: Final[Mapping[str, object]] = {
    "qualification": "GovernmentCommunityCloud",
    "validationCodeFrom": {"env": CODE_VARIABLE},
}

UNDER_HAND: Final = 30.0
"""Seconds in which anything of these tests is over, on a slow machine too."""

CREATE: Final = "createQualification"
READ: Final = "readQualifications"

Fault = dict[str, object]


def id_of(number: int) -> str:
    return str(UUID(int=number, version=4))


@dataclass(frozen=True, slots=True)
class Service:
    """A served emulator, seen from behind."""

    client: httpx.Client

    def state(self) -> dict[str, Any]:
        answer = self.client.get("/emulator/state")
        state = answer.raise_for_status().json()
        assert isinstance(state, dict)
        return state

    def calls(self) -> int:
        return sum(self.state()["calls"].values())

    def posted(self) -> int:
        return int(self.state()["calls"].get(CREATE, 0))

    def created(self) -> int:
        return sum(sum(counts.values()) for counts in self.state()["creates"].values())

    def posts(self, customer_id: str) -> list[int]:
        """How often each `MS-RequestId` was posted for a customer, least often first."""
        named = self.state()["posts"].get(customer_id, {}).values()
        return sorted(count for ids in named for count in ids.values())

    def posts_of(self, numbers: Iterable[int]) -> list[list[int]]:
        return [self.posts(id_of(number)) for number in numbers]


def declare(
    project: Project, wanted: Mapping[str, Sequence[Mapping[str, object]]], **policy: object
) -> None:
    """Declare customers by name, numbered from 1; nobody holds anything yet."""
    skipped = {"accountStatus": "skip", "customerAgreement": "skip", "maxCreates": 1000}
    project.write("reconciler.yaml", f"{SETTINGS}policy: {json.dumps(skipped | policy)}\n")
    numbered = list(enumerate(wanted.items(), start=1))
    customers = [{"id": id_of(number), "name": name} for number, (name, _) in numbered]
    seed = {"customers": customers, "validationCodes": {CODE: 100}}
    project.write("live.yaml", json.dumps(seed))
    texts = (manifest(name, id_of(number), entries) for number, (name, entries) in numbered)
    project.write("customers/all.yaml", "".join(texts))
    project.environ |= {CODE_VARIABLE: CODE}


@contextmanager
def served(project: Project, faults: Sequence[Mapping[str, object]] = ()) -> Iterator[Service]:
    """Serve the project's seed with these faults, and point the project there."""
    project.write("faults.json", json.dumps({"faults": list(faults)}))
    with project.served("live.yaml", "--faults", "faults.json") as address:
        project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": TOKEN,
        }
        with httpx.Client(base_url=address, trust_env=False, timeout=UNDER_HAND) as client:
            yield Service(client)
