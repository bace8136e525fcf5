"""Durations as people write them on a command line: 90s, 30m, 2h, 7d."""

from __future__ import annotations

import re
from typing import Final

import click

SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WRITTEN: Final = re.compile(r"([0-9]{1,6})([smhd])")


class Duration(click.ParamType[float]):
    """Seconds, from a whole number with its unit."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        written = _WRITTEN.fullmatch(str(value))
        if written is None:
            self.fail(f"{value!r} is no duration: write 90s, 30m, 2h or 7d", param, ctx)
        return float(int(written[1]) * SECONDS[written[2]])
