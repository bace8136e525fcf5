"""`auditLog` and `audit verify`: an apply puts on record what it sent, and an edit is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.faulty import CODE, CREATE, EDUCATION, GCC, declare, served
from tests.cli.project import Project
from tests.partner_center.sign_in.fake_authority import unsigned_jwt

if TYPE_CHECKING:
    from pathlib import Path

APPLY: Final = ("apply", "--auto-approve", "--format", "json")
LOG: Final = "audit.jsonl"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def logged(project: Project) -> None:
    """Have every run of the project keep an audit log."""
    path = project.folder / "reconciler.yaml"
    path.write_text(path.read_text() + f"auditLog: {LOG}\n")


def lines(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder / LOG).read_text().splitlines()]


def test_an_apply_is_on_record(project: Project) -> None:
    """Each POST, its answer, its outcome and the end of the run; and the chain is whole."""
    declare(project, {"contoso": [EDUCATION], "county": [GCC]})
    logged(project)
    fault = {"kind": "status", "call": CREATE, "status": 400, "times": 1}
    claims: dict[str, object] = {
        "scp": "x",
        "upn": "ada@partner.example",
        "appid": "5f2a",
        "tid": "5d4b",
    }
    with served(project, [fault]):
        project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = unsigned_jwt(claims)
        report = project.run(*APPLY).document
    events = [line["event"] for line in lines(project)]
    assert events == [*["posting", "answered", "settled"] * 2, "ended"]
    assert {line["planDigest"] for line in lines(project)} == {report["planDigest"]}
    assert [line["outcome"] for line in lines(project) if line["event"] == "settled"] == [
        result["outcome"] for result in report["results"]
    ]
    assert lines(project)[0]["who"]["user"] == "ada@partner.example"
    assert CODE not in (project.folder / LOG).read_text()
    verified = project.run("audit", "verify", LOG)
    assert (verified.code, lines(project)[-1]["hash"] in verified.out) == (0, True)


def test_an_edited_line_is_found_and_bars_the_next_apply(project: Project) -> None:
    """By its number, and nothing is sent."""
    declare(project, {"contoso": [EDUCATION]})
    logged(project)
    with served(project, []) as service:
        project.run(*APPLY)
        declare(project, {"contoso": [EDUCATION], "fabrikam": [EDUCATION]})
        logged(project)
        path = project.folder / LOG
        path.write_text(path.read_text().replace('"event":"answered"', '"event":"settled"'))
        found = project.run("audit", "verify", LOG)
        assert (found.code, "line 2 was edited" in found.err) == (1, True)
        refused = project.run(*APPLY)
        assert (refused.code, "line 2 was edited" in refused.err) == (1, True)
        assert service.created() == 1


def test_a_file_that_is_not_there(project: Project) -> None:
    """Says so, and ends in 1."""
    ended = project.run("audit", "verify", "none.jsonl")
    assert (ended.code, "none.jsonl can't be read" in ended.err) == (1, True)
