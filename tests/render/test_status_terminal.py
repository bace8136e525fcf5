"""A status on a terminal: coloured, or, where colour is not wanted, without a single escape."""

from __future__ import annotations

import pytest

from reconciler.model.status import StatusReport
from reconciler.render.context import RenderContext
from reconciler.render.formats import render_status
from tests.render.test_status_html import READ_AT, UNREAD, customer


@pytest.mark.parametrize("colour", [True, False])
def test_escapes_are_there_only_with_colour(*, colour: bool) -> None:
    """As for a plan: NO_COLOR keeps the layout, and neither bold nor dim."""
    report = StatusReport("emulator", READ_AT, (customer(1), UNREAD))
    text = render_status("text", report, RenderContext(terminal=True, colour=colour))
    assert "customer-1" in text
    assert ("\x1b" in text) is colour
