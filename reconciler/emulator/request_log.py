"""Counts what reached the emulator, so that a test can prove what was sent. It keeps no bodies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.emulator.create_request import named_qualification
from reconciler.emulator.responses import wire_element
from reconciler.emulator.routing import CallName
from reconciler.emulator.world import qualifications_of

if TYPE_CHECKING:
    from reconciler.emulator.reads import Live
    from reconciler.emulator.routing import Request

Nested = dict[str, dict[str, int]]


@dataclass(slots=True)
class RequestLog:
    """The calls received by this process since it began or was reset, refused ones too."""

    calls: Counter[str] = field(default_factory=Counter)
    posts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def note(self, call: CallName, customer_id: str | None, request: Request) -> None:
        self.calls[call] += 1
        if call is CallName.CREATE_QUALIFICATION:
            qualification = named_qualification(request.body)
            self.posts[customer_id or "", qualification, request.request_id] += 1

    def forget(self) -> None:
        self.calls.clear()
        self.posts.clear()


def describe(live: Live, log: RequestLog) -> dict[str, object]:
    """What is held, what took effect and what was received.

    `creates` counts effects by customer and qualification, whoever asked, since the last reset;
    `posts` counts requests by customer, qualification and request id, and `calls` by name.
    """
    created = ((made.customer_id, made.qualification) for made in live.changes.creations)
    return {
        "customers": {
            customer_id: _held(live, customer_id) for customer_id in live.world.customers
        },
        "creates": _by_customer(Counter(created)),
        "posts": _posts(log),
        "calls": dict(log.calls),
    }


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
