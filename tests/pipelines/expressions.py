"""Evaluates the expressions of GitHub workflows, as far as ours use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Context = "Mapping[str, Any]"

_TOKEN: Final = re.compile(r"\s*('[^']*'|&&|\|\||==|!=|!|\(|\)|,|[\w.-]+)")
_HOLE: Final = re.compile(r"\$\{\{(.*?)\}\}")


def interpolate(text: str, context: Mapping[str, Any]) -> str:
    """Fill in each `${{ }}` of a text."""
    return _HOLE.sub(lambda hole: _spell(evaluate(hole[1], context)), text)


def holds(condition: str, context: Mapping[str, Any], *, success: bool) -> bool:
    """Tell whether an `if` holds; one without a status function also asks for success."""
    expression = condition.strip().removeprefix("${{").removesuffix("}}")
    known = {**context, "always": True, "cancelled": False, "success": success}
    asks = any(f"{name}()" in expression for name in ("always", "cancelled", "success"))
    return (success or asks) and bool(evaluate(expression, known))


def evaluate(expression: str, context: Mapping[str, Any]) -> Any:
    return _Parser(expression, context).parse()


def _spell(value: Any) -> str:
    return {True: "true", False: "false", None: ""}.get(value, str(value))


class _Parser:
    def __init__(self, expression: str, context: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(expression)
        assert "".join(self.tokens).replace(" ", "") == expression.replace(" ", ""), expression
        self.context = context

    def parse(self) -> Any:
        value = self._either()
        assert not self.tokens
        return value

    def _next_is(self, token: str) -> bool:
        found = self.tokens[:1] == [token]
        if found:
            del self.tokens[0]
        return found

    def _either(self) -> Any:
        value = self._both()
        while self._next_is("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._next_is("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        if self._next_is("=="):
            return value == self._single()
        if self._next_is("!="):
            return value != self._single()
        return value

    def _single(self) -> Any:
        if self._next_is("!"):
            return not self._single()
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1]
        if self._next_is("("):
            return self._called(token)
        return self._look_up(token)

    def _called(self, name: str) -> Any:
        if self._next_is(")"):
            return self._look_up(name)
        assert name == "startsWith", "no other function of ours takes anything"
        text, _, start, _ = self._either(), self.tokens.pop(0), self._either(), self.tokens.pop(0)
        return str(text).lower().startswith(str(start).lower())

    def _look_up(self, name: str) -> Any:
        """Find what a name stands for: what is absent is empty, but its context must be known."""
        first, *rest = name.split(".")
        value = self.context[first]
        for part in rest:
            value = value.get(part, "") if isinstance(value, dict) else ""
        return value
