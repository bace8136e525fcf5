"""Counts and writes down what reached the emulator, so that a test can prove what was sent.

It keeps no body: a create's has a validation code. Of a token it keeps nothing.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reconciler.emulator.create_request import named_qualification
from reconciler.emulator.responses import wire_element
from reconciler.emulator.routing import CallName
from reconciler.emulator.world import qualifications_of
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from reconciler.emulator.routing import Request
    from reconciler.emulator.world import Live

Nested = dict[str, dict[str, int]]

PRIVATE_FILE: Final = 0o600
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND


@contextmanager
def append_lines(path: Path) -> Iterator[Callable[[str], None]]:
    """Append to the file, each line at once. ConfigurationError where it can't be opened."""
    try:
        file = os.fdopen(os.open(path, _APPEND, PRIVATE_FILE), "w", buffering=1, encoding="utf-8")
    except OSError as failed:
        raise ConfigurationError(
            f"{path}: the request log can't be written: {failed.strerror}",
            "name a file that this user may write, in a folder that exists",
        ) from failed

    def append(line: str) -> None:
        file.write(f"{line}\n")

    with file:
        yield append


@dataclass(slots=True)
class RequestLog:
    """The calls received by this process since it began or was reset, refused ones too.

    `write` gets a line of JSON for each request, also for those that are no call.
    """

    write: Callable[[str], None] | None = None
    calls: Counter[str] = field(default_factory=Counter)
    posts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def note(self, call: CallName, customer_id: str | None, request: Request) -> None:
        self.calls[call] += 1
        if call is CallName.CREATE_QUALIFICATION:
            qualification = named_qualification(request.body)
            self.posts[customer_id or "", qualification, request.request_id] += 1

    def note_answer(self, now: datetime, request: Request, status: int | None) -> None:
        if self.write is not None:
            self.write(json.dumps(_describe_request(now, request, status), ensure_ascii=False))

    def forget(self) -> None:
        self.calls.clear()
        self.posts.clear()


def describe(live: Live, log: RequestLog) -> dict[str, object]:
    """What is held, what took effect and what was received.

    `creates` counts effects by customer and qualification, whoever asked, since the last reset;
    `posts` counts requests by customer, qualification and request id, and `calls` by name.
    """
    created = ((made.customer_id, made.qualification) for made in live.changes.audit_records)
    return {
        "customers": {
            customer_id: _held(live, customer_id) for customer_id in live.world.customers
        },
        "creates": _by_customer(Counter(created)),
        "posts": _posts(log),
        "calls": dict(log.calls),
    }


def _describe_request(now: datetime, request: Request, status: int | None) -> dict[str, object]:
    """`status` is null where the connection was ended without a whole answer."""
    return {
        "time": now.isoformat(timespec="milliseconds"),
        "method": request.method,
        "path": _without_token(request.path, request),
        "query": {
            name: _without_token(text, request) for name, text in sorted(request.query.items())
        },
        "requestId": _without_token(request.request_id, request),
        "correlationId": _without_token(request.correlation_id, request),
        "status": status,
    }


def _without_token(text: str, request: Request) -> str:
    """A client that mixes up its headers and its path may put the token anywhere."""
    token = "" if request.token is None else request.token.reveal()
    return "***" if token and token in text else text


def _held(live: Live, customer_id: str) -> list[dict[str, str]]:
    held = qualifications_of(live.world, live.changes, customer_id)
    return [wire_element(element) for element in held.elements]


def _by_customer(counts: Counter[tuple[str, str]]) -> Nested:
    nested: Nested = {}
    for (customer_id, name), count in counts.items():
        nested.setdefault(customer_id, {})[name] = count
    return nested


def _posts(log: RequestLog) -> dict[str, Nested]:
    nested: dict[str, Nested] = {}
    for (customer_id, qualification, request_id), count in log.posts.items():
        of_customer = nested.setdefault(customer_id, {})
        of_customer.setdefault(qualification, {})[request_id] = count
    return nested
