"""The account of the chaos runs: every create that was asked for is in exactly one count."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.chaos.accounts import Declared, Last, sent_once, settle
from tests.chaos.service import Truth
from tests.chaos.worlds import DENIED, DENIED_ON, EDUCATION, GCC, SOE, Customer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.worlds import Entry

CONTOSO: Final = "contoso-id"
NOTHING: Final = Last({}, [])


def declared(*entries: Entry) -> Declared:
    what = Declared()
    what.declare(Customer(CONTOSO, "contoso", (), entries), entries)
    return what


def truth(*held: Entry, **creates: int) -> Truth:
    return Truth({CONTOSO: list(held)}, {CONTOSO: creates}, {})


def last(outcomes: Mapping[str, str], *rules: tuple[str, str]) -> Last:
    results: dict[tuple[str, str], dict[str, Any]] = {
        (CONTOSO, name): {"outcome": outcome} for name, outcome in outcomes.items()
    }
    found = [{"customerId": CONTOSO, "qualification": name, "rule": rule} for name, rule in rules]
    return Last(results, found, frozenset({(CONTOSO, GCC)}))


@pytest.mark.parametrize(
    ("wanted", "is_so", "said", "counted"),
    [
        (SOE, truth({"qualification": SOE}, StateOwnedEntity=1), NOTHING, {"created": 1}),
        (
            SOE,
            truth({"qualification": SOE}, StateOwnedEntity=2),
            NOTHING,
            {"created": 2, "created twice": 1},
        ),
        (SOE, truth(), NOTHING, {"lost": 1}),
        (SOE, truth(), last({SOE: "unknown"}), {"lost": 1}),
        (SOE, truth(), last({SOE: "not-attempted"}), {"lost": 1}),
        (SOE, truth(), last({SOE: "rejected"}), {"rejected": 1}),
        (GCC, truth(), last({GCC: "unknown"}), {"unknown": 1}),
        (SOE, truth(), last({GCC: "unknown", SOE: "not-attempted"}), {"barred": 1}),
        (SOE, truth(), last({}, (SOE, "waits-for-gcc")), {"barred": 1}),
        (GCC, truth(), last({}, (GCC, "validation-code-exhausted")), {"barred": 1}),
        (SOE, truth(), last({}, (SOE, "vetting-denied")), {"lost": 1}),
    ],
)
def test_one_create(wanted: str, is_so: Truth, said: Last, counted: dict[str, int]) -> None:
    """It is created, or what became of it was said for a lawful reason; else it is lost."""
    counts = settle(declared({"qualification": wanted}), is_so, Counter(), said)
    assert {name: count for name, count in counts.items() if count} == {"asked for": 1} | counted


def test_what_others_created_is_theirs() -> None:
    """It is not counted as created, and a second one by us would be one too many."""
    what, pair = declared({"qualification": SOE}), (CONTOSO, SOE)
    once = settle(what, truth({"qualification": SOE}, StateOwnedEntity=1), Counter([pair]), NOTHING)
    assert (once["created"], once["by others"], once["created twice"]) == (0, 1, 0)
    two = settle(what, truth({"qualification": SOE}, StateOwnedEntity=2), Counter([pair]), NOTHING)
    assert (two["created"], two["created twice"]) == (1, 1)


def test_what_nobody_declared_is_one_too_many() -> None:
    """A create that no manifest asked for is never lawful."""
    counts = settle(
        Declared(), truth({"qualification": SOE}, StateOwnedEntity=1), Counter(), NOTHING
    )
    assert counts["created twice"] == 1


@pytest.mark.parametrize(
    ("decided_on", "status", "lost"),
    [
        (DENIED_ON, "Denied", 1),
        (DENIED_ON, "Approved", 0),
        ("2026-06-01T00:00:00Z", "InReview", 0),
        ("2026-06-01T00:00:00Z", "Denied", 0),
    ],
)
def test_a_resubmission_takes_a_later_vetting(decided_on: str, status: str, lost: int) -> None:
    """The denial named is not the create that was asked for."""
    entry = {"qualification": EDUCATION, "resubmitDenialOf": DENIED_ON}
    held = DENIED | {"vettingCreatedDate": decided_on, "vettingStatus": status}
    assert settle(declared(entry), truth(held), Counter(), NOTHING)["lost"] == lost


@pytest.mark.parametrize(
    ("qualification", "denial", "then", "once"),
    [
        (SOE, None, "posting", False),
        (SOE, None, "accepted", True),
        (EDUCATION, DENIED_ON, "posting", True),
        (GCC, None, "posting", True),
    ],
)
def test_what_is_never_sent_again_is_left_to_a_person(
    qualification: str, denial: str | None, then: str, *, once: bool
) -> None:
    """A GCC create, a resubmission, and what the service answered with a 2xx."""
    sending = {"event": "sending", "customerId": CONTOSO, "qualification": qualification}
    lines = [sending | {"denial": denial, "requestId": "A"}, {"event": then, "requestId": "A"}]
    assert ((CONTOSO, qualification) in sent_once(map(json.dumps, lines))) is once
