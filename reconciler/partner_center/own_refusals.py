"""Whose refusals they are: single customers' own, or a limit's that all share. It slows nobody.

Pure. A service may refuse one customer for itself, and slowing down would not help that one. Such
refusals keep their share whatever the rate is, and meet the same customers again: a limit's fall
with the rate, and meet whoever comes.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

RECENT: Final = 64
"""Answers that are looked back on."""
NOTHING_PASSES: Final = 2
"""Refusals in a row that mean so, where customers have few of their own."""
COINCIDENCE: Final = 1e-3
"""How improbable such a row has to be as refusals of single customers."""
SIGMAS: Final = 2.5
"""How far their number has to be above the expected one."""
PLAIN: Final = 6
"""So many refusals measure a share; fewer are taken for fewer than they look."""
FEW: Final = 16
MOST_OWN: Final = 1 / 3
"""A greater share of refusals is never taken for single customers' own."""
SURE: Final = 5.0
"""So much evidence (the logarithm of a likelihood ratio) ends a trial, or so many answers."""
LONGEST: Final = 100
ABOUT_AS_MANY: Final = 0.7
"""Of the share before: what made the rate go down was seen where it was high by chance, too."""
APART: Final = 0.03
"""What the two shares that are told apart differ by, at the least."""


class OwnRefusals:
    """The latest answers, and what share of them is refused for single customers' sake."""

    def __init__(self, supposed: float) -> None:
        """`supposed` is that share at the least, as it is taken to be."""
        self.share = supposed
        self._suspected = 0.0
        """What share seems to be theirs, while a trial finds out."""
        self._supposed = supposed
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._in_row = 0
        self.answers = self.refused = 0
        """Since the last `forget`."""

    @property
    def are_known(self) -> bool:
        return self.share > 1 / RECENT

    def note(self, *, refused: bool) -> None:
        self._recent.append(refused)
        self.answers += 1
        self.refused += refused
        self._in_row = self._in_row + 1 if refused else 0

    @property
    def nothing_passes(self) -> bool:
        """So many were refused in a row that single customers can't be the reason."""
        own = max(self.share, self._suspected)
        row = math.log(COINCIDENCE) / math.log(own) if own > 1 / RECENT else 0.0
        return self._in_row >= max(NOTHING_PASSES, row)

    def are_exceeded_by(self, some: int) -> bool:
        """Whether at least `some` more were refused than single customers explain."""
        own = self.share
        deviation = math.sqrt(own * (1 - own) * RECENT)
        return sum(self._recent) >= own * RECENT + max(some, SIGMAS * deviation)

    @property
    def are_too_many(self) -> bool:
        refused = sum(self._recent)
        return refused >= PLAIN and refused > MOST_OWN * len(self._recent)

    @property
    def recent_share(self) -> float:
        """Of the latest answers, what share was refused, for whatever reason."""
        refused, answers = sum(self._recent), len(self._recent)
        return refused / (answers if refused >= PLAIN else max(answers, FEW))

    def are_as_many(self, share_before: float) -> bool | None:
        """Whether about `share_before` are refused still; no more than their own; None if unsure.

        A sequential probability ratio test (Wald): each answer is evidence for one of the two.
        """
        if self.are_too_many:
            return True
        own = max(self.share, 1 / RECENT)
        many = max(ABOUT_AS_MANY * share_before, own + APART)
        passed = self.answers - self.refused
        evidence = self.refused * math.log(many / own)
        evidence += passed * math.log((1 - many) / (1 - own))
        if abs(evidence) < SURE and self.answers < LONGEST:
            return None
        return evidence > 0

    def learn(self, share: float) -> None:
        self.share = max(self._supposed, min(share, MOST_OWN))

    def forget(self, suspected: float = 0.0) -> None:
        """What was answered at another rate says nothing of this one, but for what it suggests."""
        self._suspected = min(suspected, MOST_OWN)
        self._recent.clear()
        self._in_row = self.answers = self.refused = 0
