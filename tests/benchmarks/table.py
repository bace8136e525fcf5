"""The rows of all benchmarks, as a markdown table and as a plot in SVG; it measures nothing."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of a ratio: at least, or at most."""

    ratio: float
    at_most: bool = False

    def holds(self, ratio: float) -> bool:
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.ratio:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `bounds` are dues beside the ratio, each with whether it is kept."""

    name: str
    ours: str
    other: str
    ratio: float | None = None
    due: Due | None = None
    bounds: tuple[tuple[str, bool], ...] = ()
    of_processors: float | None = None
    """The ratio of the processors' seconds: what to look at where the machine was busy."""

    @property
    def is_kept(self) -> bool:
        ratio_kept = self.due is None or self.ratio is None or self.due.holds(self.ratio)
        return ratio_kept and all(kept for _, kept in self.bounds)

    @property
    def dues(self) -> str:
        named = ([str(self.due)] if self.due else []) + [text for text, _ in self.bounds]
        return f"{', '.join(named)}{'' if self.is_kept else ' (not kept)'}"

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        ratio += "" if self.of_processors is None else f" ({self.of_processors:.2f} CPU)"
        return self.name, self.ours, self.other, ratio, self.dues


HEADINGS: Final = ("Row", "Ours", "The other", "Ratio", "Due")


def markdown(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


WIDTH: Final = 720
LEFT: Final = 330
BAR: Final = 18
LINE: Final = 26
LABELS: Final = 60
INK: Final = "#57606a"
OURS: Final = "#2da44e"
LATE: Final = "#cf222e"


def plot(rows: Sequence[Row], heading: Sequence[str]) -> str:
    """Draw each ratio as a bar, and what is due of it as a mark. Rows without one are left out."""
    drawn = [row for row in rows if row.ratio is not None]
    longest = max(
        (max(row.ratio or 0, row.due.ratio if row.due else 0) for row in drawn), default=1
    )
    scale = (WIDTH - LEFT - LABELS) / longest
    height = LINE * (len(drawn) + len(heading) + 1)
    titles = "".join(
        f'<text x="8" y="{18 * (index + 1)}">{escape(line)}</text>\n'
        for index, line in enumerate(heading)
    )
    first = len(heading) + 0.5
    bars = "".join(_bar(row, LINE * (index + first), scale) for index, row in enumerate(drawn))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">\n'
        f"{titles}{bars}</svg>\n"
    )


def _longest(row: Row) -> float:
    return max(row.ratio or 0, row.due.ratio if row.due else 0)


def _bar(row: Row, top: float, scale: float) -> str:
    assert row.ratio is not None, "rows without a ratio are left out"
    width, colour = row.ratio * scale, OURS if row.is_kept else LATE
    lines = [
        f'<text x="{LEFT - 8}" y="{top + 13:g}" text-anchor="end">{escape(row.name)}</text>',
        f'<rect x="{LEFT}" y="{top:g}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text x="{LEFT + width + 6:.1f}" y="{top + 13:g}">{row.ratio:.2f}</text>',
    ]
    if row.due is not None:
        mark = LEFT + row.due.ratio * scale
        path = f"M{mark:.1f} {top - 2:g}v{BAR + 4}"
        lines.append(f'<path d="{path}" stroke="{INK}" stroke-width="2"/>')
    return "".join(f"{line}\n" for line in lines)
