from __future__ import annotations

import re
from typing import Final

import pytest

from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile

CONTEXT: Final = RenderContext(root="infra")
COMMAND: Final = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def unescaped(text: str) -> str:
    """Undo what GitHub undoes, in its order."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(code, character)
    return text.replace("%25", "%")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read the lines as GitHub does; what is no command must not look like one."""
    found = []
    for line in text.split("\n"):
        if not line.lstrip().startswith("::"):
            assert "##[" not in line
            continue
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = (pair.partition("=") for pair in match[2].split(","))
        properties = {name: unescaped(value) for name, _, value in pairs}
        # Those of "Workflow commands for GitHub Actions" that tell one point.
        assert set(properties) <= {"file", "line", "col", "title"}
        found.append((match[1], properties, unescaped(match[3])))
    return found


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_hostile_text_makes_no_command(payload: str) -> None:
    """There are as many annotations as things to tell, with our properties, and one line more."""
    plan = render_plan("github", hostile.plan_document(payload), CONTEXT)
    assert [kind for kind, _, _ in commands(plan)] == ["error"] * 4 + ["warning"] + ["notice"] * 2
    assert len(plan.splitlines()) == 8
    report = render_report("github", hostile.report(payload), CONTEXT)
    assert [kind for kind, _, _ in commands(report)] == ["error"] * 3 + ["notice"] * 2
    assert len(report.splitlines()) == 6
    validation = render_validation("github", hostile.validation(payload), CONTEXT)
    assert [kind for kind, _, _ in commands(validation)] == ["error", "warning"]
    assert len(validation.splitlines()) == 3


def test_properties_and_message_come_back() -> None:
    """What GitHub reads is what was meant: percent signs, colons and commas too."""
    text = render_validation("github", hostile.validation("50%, a:b"), CONTEXT)
    kind, properties, message = commands(text)[0]
    assert kind == "error"
    assert properties == {
        "file": "infra/50%, a:b",
        "line": "3",
        "col": "5",
        "title": "unknown-key",
    }
    assert message == "50%, a:b\n50%, a:b"


def test_escapes_are_written_once() -> None:
    """A percent sign that looks like an escape is no escape."""
    text = render_validation("github", hostile.validation("%0A%3A"), CONTEXT)
    assert "%250A%253A" in text


def test_at_most_ten_of_each_kind() -> None:
    """The rest is told in one line, and the worst come first."""
    text = render_plan("github", hostile.plan_document("x", copies=12), CONTEXT)
    kinds = [kind for kind, _, _ in commands(text)]
    assert [kinds.count(kind) for kind in ("error", "warning", "notice")] == [10, 10, 10]
    assert text.splitlines()[-2] == (
        "Not annotated: 38 more errors, 2 more warnings, 14 more notices; "
        "--format text tells them all."
    )
