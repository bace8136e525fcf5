"""The program against a real server with faults: each kind alone, and what can't be helped."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.faulty import CREATE, EDUCATION, GCC, READ, SOE, Fault, declare, id_of, served
from tests.cli.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

APPLY: Final = ("apply", "--auto-approve", "--format", "json")
HASTE: Final = 6.0
"""Backing off and settling take seconds: the program's time goes so many times as fast."""

PAST: Final = "Wed, 21 Oct 2015 07:28:00 GMT"

HAPPENED: Final[Mapping[str, list[Fault]]] = {
    "drop-after": [{"kind": "drop-after"}],
    "truncate": [{"kind": "truncate"}],
    "500-after": [{"kind": "status", "status": 500, "effect": "after"}],
    "502-after": [{"kind": "status", "status": 502, "effect": "after", "body": "<html>"}],
    "empty-after": [{"kind": "empty", "effect": "after"}],
    "garbage-after": [{"kind": "garbage", "effect": "after"}],
    "html-after": [{"kind": "wrong-content-type", "effect": "after"}],
    "delay-before": [{"kind": "delay", "seconds": 0.2, "effect": "before"}],
    "delay-after": [{"kind": "delay", "seconds": 0.2, "effect": "after"}],
    "lag": [{"kind": "lag", "reads": 2}],
    "lag-and-drop": [{"kind": "lag", "reads": 2}, {"kind": "drop-after"}],
    "no-idempotency": [{"kind": "no-idempotency", "duplicates": "accept"}, {"kind": "drop-after"}],
    "all-at-once": [
        {"kind": "no-idempotency", "duplicates": "accept"},
        {"kind": "lag", "reads": 1},
        {"kind": "delay", "seconds": 0.2, "effect": "after"},
        {"kind": "drop-after"},
    ],
}
"""Faults that strike when the service has done it: one POST, and the customer is read back."""

TAKEN: Final[Mapping[str, list[Fault]]] = {
    "empty-before": [{"kind": "empty", "effect": "before"}],
    "garbage-before": [{"kind": "garbage", "effect": "before"}],
    "html-before": [{"kind": "wrong-content-type", "effect": "before"}],
}
"""Answers of 200 to what was not done: one POST, as the service said that it took it."""

NOT_HAPPENED: Final[Mapping[str, list[Fault]]] = {
    "refuse": [{"kind": "refuse"}],
    "drop-before": [{"kind": "drop-before"}],
    "500-before": [{"kind": "status", "status": 500, "effect": "before"}],
    "408-before": [{"kind": "status", "status": 408, "effect": "before"}],
    "forgotten": [{"kind": "no-idempotency", "duplicates": "accept"}, {"kind": "drop-before"}],
}
"""Faults that strike before: the same create is posted again, once it is known to be absent."""

THROTTLED: Final[Mapping[str, list[Fault]]] = {
    "429": [{"kind": "throttle"}],
    "429-at-once": [{"kind": "throttle", "retryAfter": 0}],
    "429-after-1-s": [{"kind": "throttle", "retryAfter": 1}],
    "429-since-2015": [{"kind": "throttle", "retryAfter": PAST}],
    "503-before": [{"kind": "status", "status": 503, "effect": "before"}],
}
"""Faults that bid the program go slower, too; then the same create is posted again."""

SEEN_AS_GONE: Final = 3
"""Customers in a row that nobody answers for: then the service is gone."""

OPAQUE_APP_ONLY: Final = "app-only-token"
"""No JWT, so only the service can tell that it is app-only."""

ONCE: Final = ("refuse", "drop-before", "drop-after", "truncate", "empty", "garbage")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def striking(kinds: Mapping[str, Sequence[Fault]], **more: object) -> list[Fault]:
    """Let the customer of each number meet the faults of its own kind, and no other."""
    return [
        {"call": CREATE, **fault, "customer": id_of(number), **more}
        for number, faults in enumerate(kinds.values(), start=1)
        for fault in faults
    ]


def outcomes(report: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in report["results"]}


def told(report: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["message"] for each in report["results"]}


@pytest.mark.parametrize(
    ("kinds", "posts"),
    [(HAPPENED, 1), (NOT_HAPPENED, 2), (THROTTLED, 2)],
    ids=["effect after", "effect before", "throttled"],
)
def test_each_kind_of_fault_alone(
    project: Project, kinds: Mapping[str, list[Fault]], posts: int
) -> None:
    """The create happens exactly once, under one MS-RequestId, with one result, and exit 0."""
    declare(project, {kind: [SOE] for kind in kinds})
    ids = [id_of(number) for number in range(1, len(kinds) + 1)]
    with served(project, striking(kinds, times=1)) as service:
        assert project.run("plan", "--out", "plan.json").code == 0
        ended = project.run(*APPLY, "plan.json", speed=HASTE)
        state = service.state()
        posted = {kind: service.posts(each) for kind, each in zip(kinds, ids, strict=True)}
        assert posted == {kind: [posts] for kind in kinds}
    assert state["creates"] == {each: {"StateOwnedEntity": 1} for each in ids}
    assert outcomes(ended.document) == dict.fromkeys(kinds, "created")
    assert ended.code == 0, ended.err


def test_a_create_that_was_taken_and_did_not_happen(project: Project) -> None:
    """After any 2xx nothing is repeated: what stays absent is unknown, and exit 1."""
    declare(project, {kind: [SOE] for kind in TAKEN})
    with served(project, striking(TAKEN, times=1)) as service:
        ended = project.run(*APPLY, speed=HASTE)
        assert service.posts_of([1, 2, 3]) == [[1], [1], [1]]
    assert outcomes(ended.document) == dict.fromkeys(TAKEN, "unknown")
    assert all("never sent again" in said for said in told(ended.document).values())
    assert ended.code == 1


def test_a_gcc_create_that_happened_is_not_repeated(project: Project) -> None:
    """With its answer lost and reads that lag, one POST, and it is told as created."""
    declare(project, {"county": [GCC, SOE]})
    faults: list[Fault] = [
        {"kind": "lag", "reads": 1, "times": 1},
        {"kind": "drop-after", "call": CREATE, "times": 1},
    ]
    with served(project, faults) as service:
        ended = project.run(*APPLY, speed=HASTE)
        assert (service.posts(id_of(1)), service.created()) == ([1, 1], 2)
    assert [each["outcome"] for each in ended.document["results"]] == ["created", "created"]
    assert ended.code == 0


def test_a_create_whose_2xx_was_cut_off_is_never_repeated(project: Project) -> None:
    """The service took it: where it stays absent it is unknown, in the next run as well."""
    declare(project, {"county": [SOE]})
    faults: list[Fault] = [
        {"kind": "lag", "reads": 50},
        {"kind": "truncate", "call": CREATE},
        {"kind": "status", "status": 403, "call": "auditRecords"},  # which would settle it
    ]
    with served(project, faults) as service:
        ended = [project.run(*APPLY, speed=HASTE) for _ in range(2)]
        assert service.posts(id_of(1)) == [1]
    assert [outcomes(each.document) for each in ended] == [{"county": "unknown"}] * 2


def test_a_rejection_stops_no_other_customer(project: Project) -> None:
    """What the service says no to is rejected with its words; the others go on."""
    kinds: dict[str, list[Fault]] = {
        "refused": [{"kind": "status", "status": 400, "json": {"code": 7, "message": "No K12."}}],
        "roles": [{"kind": "status", "status": 403, "json": {"code": "900308"}}],
        "fine": [],
    }
    declare(project, {kind: [EDUCATION] for kind in kinds})
    with served(project, striking(kinds)) as service:
        ended = project.run(*APPLY)
        assert service.posts_of([1, 2]) == [[1], [1]]
    rejected = dict.fromkeys(kinds, "rejected")
    assert outcomes(ended.document) == rejected | {"fine": "created"}
    assert ended.code == 1
    assert "No K12." in told(ended.document)["refused"]


def test_a_redirected_create_is_doubtful(project: Project) -> None:
    """It is never followed: the create is looked for, sent again under its id, and unknown."""
    declare(project, {"school": [EDUCATION]})
    redirect: Fault = {"kind": "redirect", "location": "https://elsewhere.example/"}
    with served(project, [redirect | {"call": CREATE}]) as service:
        ended = project.run(*APPLY, speed=HASTE)
        [posts] = service.posts(id_of(1))
    assert (posts > 1, outcomes(ended.document)) == (True, {"school": "unknown"})
    assert "elsewhere.example, which is never followed" in told(ended.document)["school"]
    assert ended.code == 1


@pytest.mark.parametrize("code", [None, "900420", "900421"])
def test_a_refused_sign_in_is_asked_once(project: Project, code: str | None) -> None:
    """A 401 at the first call ends the run after a handful of requests, not one a customer."""
    declare(project, {f"customer-{number}": [SOE] for number in range(40)})
    refused: Fault = {"kind": "status", "status": 401, "json": {"code": code} if code else {}}
    with served(project, [refused]) as service:
        ended = project.run(*APPLY)
        assert service.calls() <= 3
    assert ended.code == 1
    assert "multi-factor authentication" in ended.err or code != "900421"
    assert "reconciler login" in ended.err


def test_a_sign_in_without_mfa_is_told_what_it_lacks(project: Project) -> None:
    """It can read, so the plan is made; the first create is refused, and nothing more is sent."""
    declare(project, {f"customer-{number}": [SOE] for number in range(5)})
    with served(project) as service:
        project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = jwt(scp="user_impersonation", amr=["pwd"])
        ended = project.run(*APPLY)
        assert (service.posted(), service.created()) == (1, 0)
    assert ended.code == 1
    assert "lacks multi-factor authentication (MFA)" in ended.err
    assert "sign in again with MFA: `reconciler login`" in ended.err
    assert set(outcomes(ended.document).values()) == {"not-attempted"}


def test_an_app_only_sign_in_is_told_which_can(project: Project) -> None:
    """It can plan and can't apply: 403 900329 stops everything after one create was tried."""
    declare(project, {f"customer-{number}": [SOE] for number in range(5)})
    with served(project) as service:
        project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = OPAQUE_APP_ONLY
        ended = project.run(*APPLY)
        assert (service.posted(), service.created()) == (1, 0)
    assert ended.code == 1
    assert "an app-only sign-in can't do this" in ended.err
    assert "use a sign-in with app and user: `reconciler login`" in ended.err
    assert set(outcomes(ended.document).values()) == {"not-attempted"}


def test_missing_roles_are_named(project: Project) -> None:
    """403 with 900308 names the roles, also those that a GCC create needs."""
    declare(project, {"county": [GCC]})
    forbidden: Fault = {"kind": "status", "status": 403, "json": {"code": "900308"}}
    with served(project, [forbidden | {"call": CREATE}]):
        ended = project.run("apply", "--auto-approve")
    assert ended.code == 1
    for role in ("Admin agent", "Directory Reader", "License Administrator"):
        assert role in ended.out + ended.err


def test_a_token_that_ends_in_the_middle(project: Project) -> None:
    """Nothing more is sent and every step is told; a fresh token finishes, and nothing repeats."""
    names = [f"customer-{number}" for number in range(8)]
    declare(project, {name: [SOE] for name in names})
    with served(project, [{"kind": "expire-token", "after": 18, "times": 1}]) as service:
        assert project.run("plan", "--out", "plan.json").code == 0
        cut = project.run(*APPLY, "plan.json")
        done = service.created()
        project.environ["PARTNER_CENTER_ACCESS_TOKEN"] += "-afresh"
        rest = project.run(*APPLY, "plan.json")
        assert service.created() == len(names)
    found = list(outcomes(cut.document).values())
    assert (cut.code, rest.code) == (1, 0)
    assert found.count("created") == done < len(names) == len(found)
    assert list(outcomes(rest.document).values()).count("created") >= len(names) - done


def test_a_service_that_is_gone_after_the_plan(project: Project) -> None:
    """Apply ends by itself, in 1, after three tries, with every step as not attempted."""
    names = [f"customer-{number}" for number in range(6)]
    declare(project, {name: [SOE] for name in names})
    with served(project):
        assert project.run("plan", "--out", "plan.json").code == 0
    ended = project.run(*APPLY, "plan.json", speed=HASTE)
    assert ended.code == 1
    assert outcomes(ended.document) == dict.fromkeys(names, "not-attempted")
    said = list(told(ended.document).values())
    assert sum("no connection could be made" in each for each in said) == SEEN_AS_GONE
    assert sum("none of the last 3 creates" in each for each in said) == 6 - SEEN_AS_GONE


def test_a_service_that_takes_no_create_is_not_asked_for_ever(project: Project) -> None:
    """At most 8 POSTs a step, then it is told that nothing was created."""
    declare(project, {"one": [SOE], "two": [EDUCATION]})
    with served(project, [{"kind": "throttle", "call": CREATE, "retryAfter": 0}]) as service:
        ended = project.run(*APPLY, speed=HASTE)
        assert all(1 < sum(posts) <= 8 for posts in service.posts_of([1, 2]))
        assert service.created() == 0
    assert ended.code == 1
    assert outcomes(ended.document) == {"one": "not-attempted", "two": "not-attempted"}
    assert all(said.startswith("nothing was created") for said in told(ended.document).values())


def test_reads_that_cannot_be_understood(project: Project) -> None:
    """The customer is unreadable, never empty; the plan is incomplete, and ends in 1."""
    kinds: dict[str, list[Fault]] = {
        kind: [{"kind": kind, "call": READ}]
        for kind in ("truncate", "wrong-content-type", "empty", "garbage")
    }
    declare(project, {"readable": [SOE], **{kind: [SOE] for kind in kinds}})
    with served(project, striking({"readable": [], **kinds})):
        ended = project.run("plan", "--format", "json", speed=HASTE)
    plan = ended.document
    assert (ended.code, plan["complete"]) == (1, False)
    assert [step["name"] for step in plan["steps"]] == ["readable"]
    assert {each["name"]: each["rule"] for each in plan["findings"]} == dict.fromkeys(
        kinds, "customer-unreadable"
    )


def test_reads_that_fail_once(project: Project) -> None:
    """They are asked again, and the plan is whole."""
    kinds: dict[str, list[Fault]] = {kind: [{"kind": kind, "call": READ}] for kind in ONCE}
    declare(project, {kind: [SOE] for kind in kinds})
    with served(project, striking(kinds, times=1)):
        ended = project.run("plan", "--format", "json", speed=HASTE)
    assert (ended.code, ended.document["complete"]) == (0, True)
    assert len(ended.document["steps"]) == len(kinds)


def jwt(**claims: object) -> str:
    """Make a token whose claims can be read; nobody checks its signature."""
    parts = [{"alg": "none"}, claims]
    coded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return f"{coded[0]}.{coded[1]}.signature"
