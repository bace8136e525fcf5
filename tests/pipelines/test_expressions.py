"""The stand-in for GitHub's expressions: what it takes them for."""

from __future__ import annotations

import pytest

from tests.pipelines.expressions import evaluate, holds, interpolate

CONTEXT = {"vars": {"A": "a"}, "needs": {"plan": {"outputs": {"exit-code": "0"}}}, "steps": {}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("vars.A", "a"),
        ("vars.B", ""),
        ("vars.A == 'a' && vars.B != ''", False),
        ("vars.A == 'a' || vars.B != ''", True),
        ("!vars.B", True),
        ("vars.A && startsWith(vars.A, 'A')", True),
        ("startsWith(vars.A, 'a ')", False),
        ("needs.plan.outputs.exit-code == '0'", True),
        ("steps.none.outputs.x", ""),
    ],
)
def test_expressions_mean_what_they_mean_at_github(expression: str, value: object) -> None:
    """As far as our workflows go."""
    assert evaluate(expression, CONTEXT) == value


@pytest.mark.parametrize(
    ("condition", "after_success", "after_failure"),
    [
        ("vars.A == 'a'", True, False),
        ("always()", True, True),
        ("${{ !cancelled() && vars.A != '' }}", True, True),
        ("always() && vars.B != ''", False, False),
    ],
)
def test_conditions_ask_for_success_unless_they_say_otherwise(
    condition: str, *, after_success: bool, after_failure: bool
) -> None:
    """A step after a failed one is skipped, unless it asks how things stand."""
    assert holds(condition, CONTEXT, success=True) == after_success
    assert holds(condition, CONTEXT, success=False) == after_failure


def test_text_is_filled_in() -> None:
    """What stands around an expression stays."""
    assert interpolate("x-${{ vars.A }}-${{ vars.B }}", CONTEXT) == "x-a-"
