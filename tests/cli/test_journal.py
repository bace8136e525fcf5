"""`journal`: what is unsettled is listed, and a person's word settles it; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.faulty import (
    CODE,
    CREATE,
    EDUCATION,
    GCC,
    TOKEN,
    Service,
    declare,
    id_of,
    served,
)
from tests.cli.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLY = ("apply", "--auto-approve", "--format", "json")
HASTE = 8.0
"""A lost create is looked for as long as reads may lag: that is how much faster its time goes."""
SAW = ("--reason", "Ada looked at the customer's page")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def service(project: Project) -> Iterator[Service]:
    """One GCC create whose answer was lost, and which stays absent."""
    declare(project, {"county": [GCC]})
    with served(project, [{"kind": "drop-before", "call": CREATE, "times": 1}]) as service:
        lost = project.run(*APPLY, speed=HASTE)
        assert [each["outcome"] for each in lost.document["results"]] == ["unknown"]
        yield service


def unsettled(project: Project) -> list[dict[str, Any]]:
    ended = project.run("journal", "list", "--format", "json")
    assert (ended.code, ended.document["kind"]) == (0, "Journal")
    found = ended.document["unsettled"]
    assert isinstance(found, list)
    return found


@pytest.mark.usefixtures("service")
def test_listed(project: Project) -> None:
    """With the ids that support asks for, though no answer came, and with the way out."""
    (create,) = unsettled(project)
    assert (create["customerId"], create["name"]) == (id_of(1), "county")
    assert create["target"]["address"] == project.environ["PARTNER_CENTER_ENDPOINT"]
    assert len(create["correlationIds"]) == 1
    told = project.run("journal")
    assert told.code == 0
    for each in (create["requestId"], *create["correlationIds"], "county", "journal settle"):
        assert each in told.out
    for group in (("journal", "--format", "json"), ("journal", "--format", "json", "list")):
        assert project.run(*group).document["unsettled"] == [create]


@pytest.mark.parametrize(
    "command",
    [
        ("journal", "list"),
        ("emulator", "vet", id_of(1), "Education", "approve"),
        ("emulator", "reset"),
    ],
)
@pytest.mark.parametrize("before", [0, 1])
def test_flags_before_a_command_of_a_group_are_heeded(
    project: Project, command: tuple[str, ...], before: int
) -> None:
    """Between the group and its command as well: what is asked for is never left aside."""
    flagged = (*command[:before], "--config", "nowhere.yaml", *command[before:])
    ended = project.run(*flagged)
    assert (ended.code, "nowhere.yaml" in ended.err) == (1, True)


def test_settled_as_absent(project: Project, service: Service) -> None:
    """The step is free again: the next apply sends it, under an id of its own."""
    (create,) = unsettled(project)
    again = project.run(*APPLY, speed=HASTE)
    assert [each["outcome"] for each in again.document["results"]] == ["unknown"]
    sent = service.posted()
    settled = project.run("journal", "settle", create["requestId"].upper(), "absent", *SAW)
    assert (settled.code, settled.out) == (0, "Nothing is unsettled.\n")
    assert "is absent" in settled.err
    assert service.posted() == sent == 1
    after = project.run(*APPLY, speed=HASTE)
    assert [each["outcome"] for each in after.document["results"]] == ["created"]
    assert service.posts(id_of(1)) == [1, 1]


def test_settled_as_created(project: Project, service: Service) -> None:
    """The step is done: nothing of it is sent, although reads don't show it yet."""
    (create,) = unsettled(project)
    settled = project.run(
        "journal", "settle", create["requestId"], "created", *SAW, "--format", "json"
    )
    assert (settled.code, settled.document["unsettled"]) == (0, [])
    after = project.run(*APPLY, speed=HASTE)
    assert after.code == 1
    assert [each["outcome"] for each in after.document["results"]] == ["not-attempted"]
    assert service.posted() == 1


@pytest.mark.usefixtures("service")
def test_on_record(project: Project) -> None:
    """Who looked and what was there stays in the journal, word for word."""
    (create,) = unsettled(project)
    assert project.run("journal", "settle", create["requestId"], "absent", *SAW).code == 0
    last = (
        (project.folder / ".reconciler/journal.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    )
    for each in ('"event":"ruled"', '"found":"absent"', SAW[1], create["requestId"]):
        assert each in last


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nobody-s-id", "absent", *SAW), 1, "no unsettled create with the MS-RequestId"),
        (("ID", "perhaps", *SAW), 64, "perhaps"),
        (("ID", "absent"), 64, "--reason"),
        (("ID", "absent", "--reason", " "), 64, "--reason is empty"),
    ],
    ids=["unknown id", "unknown word", "no reason", "empty reason"],
)
def test_refused(project: Project, arguments: tuple[str, ...], code: int, told: str) -> None:
    """What is not clear settles nothing."""
    (create,) = unsettled(project)
    named = [create["requestId"] if each == "ID" else each for each in arguments]
    refused = project.run("journal", "settle", *named)
    assert (refused.code, told in refused.err) == (code, True)
    assert unsettled(project) == [create]


@pytest.mark.usefixtures("service")
def test_a_secret_in_a_reason_is_struck_out(project: Project) -> None:
    """A person may paste what stood beside: neither the token nor the manifest's code is kept."""
    (create,) = unsettled(project)
    reason = f"tried {CODE} with {TOKEN}"
    settled = project.run("journal", "settle", create["requestId"], "absent", "--reason", reason)
    assert settled.code == 0
    journal = (project.folder / ".reconciler/journal.jsonl").read_text()
    assert "tried *** with ***" in journal
    assert CODE not in journal
    assert TOKEN not in journal


def test_nothing_is_unsettled(project: Project) -> None:
    """Without a journal there is nothing to settle, and none is made."""
    declare(project, {"school": [EDUCATION]})
    assert project.run("journal").out == "Nothing is unsettled.\n"
    assert not (project.folder / ".reconciler").exists()
