"""What a renderer may know of where its text goes; nothing of the plan itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderContext:
    """`root` leads from the git root to the configuration's folder, with `/`; empty where equal.

    `width` counts the terminal's columns; only a coloured text looks at it.
    """

    root: str = ""
    colour: bool = False
    width: int = 100
    tool_version: str = ""
