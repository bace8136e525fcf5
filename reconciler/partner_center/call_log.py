"""One log line for each call that is sent: never a header, a query, a body or a secret.

It goes to the standard library's logging, so that a program which uses this library has it where
its own log is, and a line that can't be written changes nothing of what is done.
"""

from __future__ import annotations

import logging
from typing import Final

CALL_LOG: Final = "reconciler.calls"
"""The name of the logger; every line is of level INFO."""

_LOG: Final = logging.getLogger(CALL_LOG)


def log_call(method: str, place: str, became: int | str, seconds: float, identity: str) -> None:
    """`became` is the status, or the failure's name; `identity` is what support asks for."""
    _LOG.info("%s %s %s %d ms %s", method, place, became, round(seconds * 1000), identity)
