"""Says where a promise was broken, from what was told and from what is so; it runs nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.chaos.programs import Ended
    from tests.chaos.service import Truth

MOST_POSTS: Final = 8
"""Of one step, in one run of the program (issue "Nothing created twice")."""

PLANNED: Final = re.compile(r"^  \+ (\S+) +([A-Za-z]+)", re.MULTILINE)
"""A step, as the plan is shown on stderr: name and qualification."""

SEEN: Final = frozenset({"created", "already-present"})
NEVER_SENT: Final = frozenset({"rejected", "not-attempted"})
"""Outcomes after which a new create is a new one, with a request id of its own."""

Pair = tuple[str, str]
"""A customer's id and a qualification."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One apply that came to its own end, and the truth before and after it.

    `alone`: nothing that an earlier, killed process sent could still arrive during it.
    """

    ended: Ended
    before: Truth
    after: Truth
    from_file: bool
    alone: bool


def broken_by(applied: Applied, names: Mapping[str, str]) -> Iterator[str]:
    """Tell what one finished apply did or said that it must not. `names` are by customer id."""
    ended = applied.ended
    if ended.code not in {0, 1, 3}:
        yield f"apply ended in {ended.code}: {ended.err[-500:]}"
        return
    for told in ("another apply is running", "can't be trusted", "Traceback"):
        if told in ended.err:
            yield f"apply said: {ended.err[-500:]}"
    if ended.report is None:
        yield from _unreported(applied)
    else:
        yield from _reported(applied, ended.report, names)


def _unreported(applied: Applied) -> Iterator[str]:
    """Without FILE, a sign-in refused while planning leaves no plan that could be reported on."""
    if applied.from_file or "Digest: " in applied.ended.err or applied.ended.code != 1:
        yield f"apply wrote no report: {applied.ended.err[-500:]}"
    yield from _unsaid(applied, [])


def _reported(
    applied: Applied, report: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[str]:
    results: list[dict[str, Any]] = report["results"]
    told = Counter((each["name"], each["qualification"]) for each in results)
    shown = Counter(PLANNED.findall(applied.ended.err))
    if told != shown or set(told.values()) - {1}:
        yield f"the plan has the steps {sorted(shown)}, the report {sorted(told)}"
    undone = any(each["outcome"] not in SEEN for each in results)
    if undone and applied.ended.code != 1:
        yield f"apply ended in {applied.ended.code}, though not every step was done"
    for result in results:
        if names.get(result["customerId"]) != result["name"]:
            yield f"the report calls {result['customerId']} {result['name']}"
        yield from _untrue(applied, result)
    yield from _unsaid(applied, results)


def _untrue(applied: Applied, result: Mapping[str, Any]) -> Iterator[str]:
    pair = (result["customerId"], result["qualification"])
    outcome = result["outcome"]
    effects = applied.after.created(*pair) - applied.before.created(*pair)
    posts = applied.after.posted(*pair) - applied.before.posted(*pair)
    if outcome in SEEN and applied.after.held(*pair) is None:
        yield f"{pair} is told as {outcome}, but isn't there"
    if outcome in NEVER_SENT and effects and applied.alone:
        yield f"{pair} is told as {outcome}, but was created: {result['message']}"
    if outcome not in SEEN and not result["message"]:
        yield f"{pair} is told as {outcome} without a reason"
    if posts > MOST_POSTS:
        yield f"{pair} was posted {posts} times by one apply"


def _unsaid(applied: Applied, results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Find what took effect while this apply ran, and isn't in its report."""
    said = {(each["customerId"], each["qualification"]) for each in results}
    for pair, count in created_pairs(applied.after).items():
        if count > applied.before.created(*pair) and pair not in said and applied.alone:
            yield f"{pair} was created, but the report doesn't say so"


def created_pairs(truth: Truth) -> dict[Pair, int]:
    return {
        (customer_id, qualification): count
        for customer_id, counts in truth.creates.items()
        for qualification, count in counts.items()
    }


def broken_in_journal(lines: Iterable[str], posted_ids: set[str]) -> Iterator[str]:
    """A create is journalled before it is sent, and keeps its request id until it is over."""
    latest: dict[tuple[str, ...], str] = {}
    outcomes: dict[str, str] = {}
    for event in map(json.loads, lines):
        if event["event"] == "settled":
            outcomes[event["requestId"]] = event["outcome"]
        if event["event"] != "sending":
            continue
        key = (event["customerId"], event["qualification"], str(event["denial"]))
        earlier = latest.get(key, event["requestId"])
        if earlier != event["requestId"] and outcomes.get(earlier) not in NEVER_SENT:
            yield f"{key} was sent with a new MS-RequestId after {outcomes.get(earlier)}"
        latest[key] = event["requestId"]
        posted_ids = posted_ids - {event["requestId"]}
    for request_id in sorted(posted_ids):
        yield f"MS-RequestId {request_id} was posted, but isn't in the journal"


def files_with_secrets(folder: Path, secrets: Iterable[str]) -> Iterator[str]:
    sought = [secret.encode() for secret in secrets]
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        if any(secret in content for secret in sought):
            yield f"{path.relative_to(folder)} holds a validation code or a token"
