"""What one call's line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.partner_center.call_log import CALL_LOG, log_call

if TYPE_CHECKING:
    import pytest


def test_a_call_is_one_line_with_its_milliseconds(caplog: pytest.LogCaptureFixture) -> None:
    """Seconds come in."""
    with caplog.at_level("INFO", CALL_LOG):
        log_call("GET", "/v1/customers", 200, 2.5, "MS-CorrelationId 1")
    assert caplog.messages == ["GET /v1/customers 200 2500 ms MS-CorrelationId 1"]
