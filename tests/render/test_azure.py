from __future__ import annotations

import re
from typing import Final

import pytest

from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile

CONTEXT: Final = RenderContext(root="infra")
ISSUE: Final = re.compile(r"##vso\[task\.logissue ([^\]]*)\](.*)")


def unescaped(text: str) -> str:
    """Undo what an agent undoes, in its order."""
    for code, character in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")):
        text = text.replace(code, character)
    return text.replace("%AZP25", "%")


def issues(text: str) -> list[tuple[dict[str, str], str]]:
    """Read the lines as an agent does, which finds a command anywhere in a line."""
    found = []
    for line in text.split("\n"):
        if "##vso[" not in line.lower():
            assert "##[" not in line
            continue
        match = ISSUE.fullmatch(line)
        assert match, line
        assert line.lower().count("##vso[") == 1
        pairs = (pair.partition("=") for pair in match[1].split(";") if pair)
        properties = {name: unescaped(value) for name, _, value in pairs}
        # Those of LogIssue in "Logging commands", whose types are these two.
        assert set(properties) <= {"type", "sourcepath", "linenumber", "columnnumber", "code"}
        assert properties["type"] in {"error", "warning"}
        found.append((properties, unescaped(match[2])))
    return found


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_hostile_text_makes_no_command(payload: str) -> None:
    """There are as many issues as errors and warnings, and a plain line for each other thing."""
    plan = render_plan("azure", hostile.plan_document(payload), CONTEXT)
    assert [one["type"] for one, _ in issues(plan)] == ["error"] * 4 + ["warning"]
    assert len(plan.splitlines()) == 8
    report = render_report("azure", hostile.report(payload), CONTEXT)
    assert [one["type"] for one, _ in issues(report)] == ["error"] * 3
    assert len(report.splitlines()) == 6
    validation = render_validation("azure", hostile.validation(payload), CONTEXT)
    assert [one["type"] for one, _ in issues(validation)] == ["error", "warning"]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_plain_lines_begin_with_our_words(payload: str) -> None:
    """A plain line can't pass for a command of another system either."""
    lines = render_plan("azure", hostile.plan_document(payload), CONTEXT).split("\n")
    starts = ("##vso[task.logissue ", "+ ", "note: ", "Plan: ")
    assert [line for line in lines if line and not line.startswith(starts)] == []


def test_what_looks_like_an_escape_comes_back() -> None:
    """The agent undoes our escapes and nothing else: `%0A` in a name is three letters."""
    looks = "%0A %3B %5D %AZP25"
    text = render_validation("azure", hostile.validation(looks), CONTEXT)
    assert looks not in text
    properties, message = issues(text)[0]
    assert properties["sourcepath"] == f"infra/{looks}"
    assert message == f"{looks} -> {looks}"


def test_properties_and_message_come_back() -> None:
    """What the agent reads is what was meant: percent signs, semicolons and brackets too."""
    text = render_validation("azure", hostile.validation("5%; [a] b"), CONTEXT)
    properties, message = issues(text)[0]
    assert properties == {
        "type": "error",
        "sourcepath": "infra/5%; [a] b",
        "linenumber": "3",
        "columnnumber": "5",
        "code": "unknown-key",
    }
    assert message == "5%; [a] b -> 5%; [a] b"
