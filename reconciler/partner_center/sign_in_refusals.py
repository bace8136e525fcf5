"""Remembers what the sign-in was refused, so that it is asked once and not for every customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.errors import ServiceError, SignInRefused
from reconciler.partner_center.calls import SIDE_CHECKS, Kind

if TYPE_CHECKING:
    from reconciler.model.errors import AppOnlyRefused


class SignInRefusals:
    def __init__(self) -> None:
        self._refused: dict[Kind, ServiceError] = {}

    def check(self, kind: Kind) -> None:
        """Raise what a call of this kind was refused with, if the sign-in was."""
        refused = self._refused.get(kind)
        if refused is not None:
            raise type(refused)(refused.message, refused.remedy, refused.answered)

    def remember(self, kind: Kind, error: SignInRefused | AppOnlyRefused) -> None:
        """For everything, or for one kind: side checks may ask more of a sign-in than the rest."""
        everything = isinstance(error, SignInRefused) and kind not in SIDE_CHECKS
        for each in Kind if everything else (kind,):
            self._refused.setdefault(each, error)
