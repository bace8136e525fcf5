"""How apply talks with whoever runs it: an admin at a terminal, or a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reconciler.model.plan import ApplyReport, PlanDocument


class Dialogue(Protocol):
    def show(self, document: PlanDocument) -> None: ...

    def approve(self, document: PlanDocument) -> bool:
        """Ask. Raises NotApproved where nobody can be asked."""
        ...

    def keep(self, report: ApplyReport) -> None:
        """Take the report as it stands while creates are sent.

        Raises StateError where it can't be kept: where it is the first, nothing is sent.
        """
        ...

    def deliver(self, report: ApplyReport) -> None:
        """Take the report: called once, whatever happened."""
        ...
