"""Plans that were edited, with and without a digest made to match: nothing else is ever sent."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.shop import (
    AGENCY,
    AS_DECLARED,
    DENIAL,
    DENIED,
    EDUCATION,
    NAMES,
    SCHOOL,
    SOE,
    UTILITY,
    open_shop,
    served_shop,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.shop import Shop

    Plan = dict[str, Any]
    Tamper = Callable[[Plan], object]

STRANGER: Final = "99999999-0000-4000-8000-0000000000aa"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with served_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def untouched(shop: Shop) -> Plan:
    return shop.plan()


@pytest.fixture
def plan(shop: Shop, untouched: Plan) -> Plan:
    """Give the plan at the seed, as if no test had been here before."""
    shop.start_anew()
    return deepcopy(untouched)


def step(customer_id: str, qualification: str, **particulars: object) -> dict[str, object]:
    about = {"customerId": customer_id, "name": NAMES.get(customer_id, "stranger")}
    return about | {"qualification": qualification} | particulars


def of(plan: Plan, customer_id: str, qualification: str) -> dict[str, Any]:
    found = [
        each
        for each in plan["steps"]
        if (each["customerId"], each["qualification"]) == (customer_id, qualification)
    ]
    assert len(found) == 1
    assert isinstance(found[0], dict)
    return found[0]


def without(plan: Plan, customer_id: str, qualification: str) -> None:
    plan["steps"].remove(of(plan, customer_id, qualification))


def reversed_steps(plan: Plan) -> None:
    plan["steps"].reverse()


EDITS: Final[dict[str, Tamper]] = {
    "segment": lambda plan: of(plan, SCHOOL, "Education").update(
        educationSegment="HigherEducation"
    ),
    "website": lambda plan: of(plan, SCHOOL, "Education").update(website="evil.example"),
    "name": lambda plan: of(plan, SCHOOL, "Education").update(name="another"),
    "step-added": lambda plan: plan["steps"].append(step(DENIED, SOE)),
    "step-dropped": lambda plan: without(plan, UTILITY, SOE),
    "steps-reordered": reversed_steps,
    "unknown-property": lambda plan: plan["steps"][0].update(approvedBy="nobody"),
    "basis": lambda plan: plan["basis"][SCHOOL].append({"qualification": SOE}),
    "basis-property": lambda plan: plan["basis"].update({STRANGER: []}),
    "target": lambda plan: plan["target"].update(address="https://api.partnercenter.microsoft.com"),
    "tenant": lambda plan: plan["target"].update(tenantId=STRANGER),
    "digest": lambda plan: plan.update(digest="sha256:" + "0" * 64),
}


@pytest.mark.parametrize("edit", EDITS)
def test_edited(shop: Shop, plan: Plan, edit: str) -> None:
    """A plan whose digest does not match its content is refused before any call."""
    EDITS[edit](plan)
    shop.save(plan, sealed=False)
    ended = shop.apply("plan.json")
    assert (ended.code, ended.out) == (1, "")
    assert "plan.json is refused: its digest does not match" in ended.err
    assert shop.state["calls"] == {}


def test_edited_is_not_shown(shop: Shop, plan: Plan) -> None:
    """Nobody reviews an edited plan: `show` refuses it, too."""
    EDITS["step-added"](plan)
    shop.save(plan, sealed=False)
    ended = shop.run("show", "plan.json")
    assert (ended.code, ended.out) == (1, "")
    assert "plan.json is refused: its digest does not match" in ended.err


UNSEALED: Final[dict[str, Tamper]] = {
    "source": lambda plan: plan["steps"][0].update(source=None),
    "finding": lambda plan: plan["findings"].clear(),
    "summary": lambda plan: plan["summary"].update(denied=0),
    "date": lambda plan: plan.update(createdAt="2020-01-01T00:00:00Z"),
    "unknown": lambda plan: plan.update(comment="reviewed"),
    "minor-version": lambda plan: plan.update(formatVersion="1.9"),
}


@pytest.mark.parametrize("edit", UNSEALED)
def test_outside_the_digest(shop: Shop, plan: Plan, edit: str) -> None:
    """What the digest does not cover changes nothing that is sent, nor how the run ends."""
    UNSEALED[edit](plan)
    shop.save(plan, sealed=False)
    ended = shop.apply("plan.json")
    assert ended.document["summary"]["created"] == len(AS_DECLARED)
    assert (ended.code, "vetting-denied" in ended.err) == (3, True)
    assert shop.sent == AS_DECLARED


ATTACKS: Final[dict[str, tuple[Tamper, set[tuple[str, str]]]]] = {
    "undeclared-customer": (lambda plan: plan["steps"].append(step(STRANGER, SOE)), AS_DECLARED),
    "undeclared-qualification": (
        lambda plan: plan["steps"].append(step(UTILITY, "Education", educationSegment="K12")),
        AS_DECLARED - {(UTILITY, SOE)},
    ),
    "denied-again": (
        lambda plan: plan["steps"].append(step(DENIED, **EDUCATION)),
        AS_DECLARED,
    ),
    "resubmission-nobody-approved": (
        lambda plan: plan["steps"].append(step(DENIED, **EDUCATION, resubmitDenialOf=DENIAL)),
        AS_DECLARED,
    ),
    "segment": (
        lambda plan: of(plan, SCHOOL, "Education").update(educationSegment="HigherEducation"),
        AS_DECLARED - {(SCHOOL, "Education"), (SCHOOL, SOE)},
    ),
    "website": (
        lambda plan: of(plan, SCHOOL, "Education").update(website="evil.example"),
        AS_DECLARED - {(SCHOOL, "Education"), (SCHOOL, SOE)},
    ),
    "code-from-elsewhere": (
        lambda plan: of(plan, AGENCY, "GovernmentCommunityCloud").update(
            validationCodeFrom={"env": "PARTNER_CENTER_ACCESS_TOKEN"}
        ),
        AS_DECLARED - {(AGENCY, "GovernmentCommunityCloud"), (AGENCY, SOE)},
    ),
    "gcc-dropped": (
        lambda plan: without(plan, AGENCY, "GovernmentCommunityCloud"),
        AS_DECLARED - {(AGENCY, "GovernmentCommunityCloud"), (AGENCY, SOE)},
    ),
    "other-basis": (
        lambda plan: plan["basis"].update({UTILITY: [{"qualification": "Education"}]}),
        AS_DECLARED - {(UTILITY, SOE)},
    ),
    "unknown-property": (
        lambda plan: plan["steps"][0].update(validationCode="leaked", approvedBy="nobody"),
        AS_DECLARED,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_sealed_by_an_attacker(shop: Shop, plan: Plan, attack: str) -> None:
    """A matching digest makes nothing valid: only what manifest and table give is sent."""
    tamper, sent = ATTACKS[attack]
    tamper(plan)
    shop.save(plan)
    ended = shop.apply("plan.json")
    assert shop.sent == sent, ended.err
    report = ended.document
    assert len(report["results"]) == len(plan["steps"])
    assert report["summary"]["created"] == len(sent)
    for result in report["results"]:
        assert (result["outcome"] == "created") == (
            (result["customerId"], result["qualification"]) in sent
        )
        assert result["outcome"] == "created" or result["message"]


def test_said_twice(shop: Shop, plan: Plan) -> None:
    """A plan with a step that is there twice is refused, and nothing of it is sent."""
    plan["steps"].append(step(UTILITY, SOE))
    shop.save(plan)
    assert shop.apply("plan.json").code == 1
    assert "createQualification" not in shop.state["calls"]


def test_order_within_a_customer(shop: Shop, plan: Plan) -> None:
    """However a plan orders them, GCC and Education go before SOE: the reverse could bar them."""
    plan["steps"].reverse()
    shop.save(plan)
    assert shop.apply("plan.json").document["summary"]["created"] == len(AS_DECLARED)
    held = [entry["qualification"] for entry in shop.state["customers"][AGENCY]]
    assert held == ["GovernmentCommunityCloud", SOE]


@pytest.mark.parametrize(
    "entry",
    [
        {"qualification": "Nonprofit"},
        {"qualification": "None"},
        {"qualification": "education"},
        {"educationSegment": "Kindergarten"},
        {"customerId": 7},
        {"customerId": "../../customers"},
        {"validationCodeFrom": "123456"},
        {"resubmitDenialOf": "yesterday"},
    ],
    ids=str,
)
def test_invalid_step(shop: Shop, plan: Plan, entry: dict[str, object]) -> None:
    """A step that no planner makes ends in a refusal or unsent, never in a call for it."""
    plan["steps"] = [of(plan, UTILITY, SOE) | entry]
    shop.save(plan)
    ended = shop.apply("plan.json")
    assert ended.code == 1
    assert shop.sent == set()
    assert "Traceback" not in ended.err


REFUSED: Final[dict[str, tuple[str, str]]] = {
    "empty": ("", "it is not JSON"),
    "text": ("a plan", "it is not JSON"),
    "nested": ("[" * 100_000, "it is not JSON"),
    "list": ("[]", "it is not a JSON object"),
    "no-version": ("{}", "it has no formatVersion"),
    "number": ('{"formatVersion": 1.0}', "it has no formatVersion"),
    "later": ('{"formatVersion": "2.0", "kind": "Plan"}', "its formatVersion is 2.0"),
    "major": ('{"formatVersion": "10.0", "kind": "Plan"}', "its formatVersion is 10.0"),
    "kind": ('{"formatVersion": "1.0", "kind": "Status"}', "kind"),
    "bare": ('{"formatVersion": "1.0", "kind": "Plan"}', "Field required"),
    "not-a-number": ('{"formatVersion": "1.0", "x": NaN}', "it is not JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_plan(tmp_path: Path, case: str) -> None:
    """A file that is no plan of this version is refused by its name, with exit code 1."""
    shop = open_shop(tmp_path)
    text, why = REFUSED[case]
    shop.project.write("plan.json", text)
    ended = shop.apply("plan.json")
    assert (ended.code, ended.out) == (1, "")
    assert "plan.json is refused" in ended.err
    assert why in ended.err


@pytest.mark.parametrize("command", ["apply", "show"])
@pytest.mark.parametrize("name", ["missing.json", "customers"])
def test_no_file(tmp_path: Path, command: str, name: str) -> None:
    """A FILE that is missing, or a folder, is exit code 1, and named."""
    ended = open_shop(tmp_path).run(command, name)
    assert (ended.code, ended.out) == (1, "")
    assert "can't be read" in ended.err
