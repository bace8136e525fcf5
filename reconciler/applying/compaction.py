"""Keeps the journal short: what is settled and no longer fresh goes to `journal-YYYY.jsonl`.

A kill at any point loses no line: they are in the archive, on disk, before the journal is replaced,
and what is in both then is not archived again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.applying.history import is_fresh, unsettled_ids
from reconciler.applying.journal_lines import (
    Accepted,
    Audited,
    CreateRecord,
    Ended,
    Posting,
    Reset,
    Ruled,
    Settled,
    Started,
    parse_lines,
)
from reconciler.applying.state_folder import (
    APPEND,
    WRITE_NEW,
    flush_folder,
    open_state_file,
    read_state_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from reconciler.applying.journal_lines import Event

_OF_A_CREATE = (CreateRecord, Posting, Accepted, Settled, Audited, Ruled)


def compact_journal(path: Path, now: datetime) -> None:
    """Move old lines to their year's archive. Raises OSError; the journal is whole all the same."""
    content = read_state_file(path)
    events = tuple(parse_lines(path, content))
    kept = _kept(path, events, now)
    lines = content.splitlines(keepends=True)
    moved: dict[int, list[bytes]] = {}
    for event, line, stays in zip(events, lines, kept, strict=True):
        if not stays:
            moved.setdefault(event.at.year, []).append(line)
    for year, old in moved.items():
        _archive(path.with_name(f"{path.stem}-{year}{path.suffix}"), old)
    if moved:
        _replace(path, b"".join(line for line, stays in zip(lines, kept, strict=True) if stays))


def _kept(path: Path, events: Sequence[Event], now: datetime) -> list[bool]:
    """Tell of each line whether it stays: all of a create that is unsettled or fresh, and its run.

    A reset stays where anything before it does, which it may make void.
    """
    needed = unsettled_ids(path, events) | {
        event.request_id
        for event in events
        if isinstance(event, CreateRecord | Audited) and is_fresh(event, now)
    }
    runs = {
        event.run
        for event in events
        if isinstance(event, CreateRecord) and event.request_id in needed
    }
    kept: list[bool] = []
    for event in events:
        kept.append(
            (isinstance(event, _OF_A_CREATE) and event.request_id in needed)
            or (isinstance(event, Started | Ended) and event.run in runs)
            or (isinstance(event, Reset) and any(kept))
        )
    return kept


def _archive(path: Path, lines: Iterable[bytes]) -> None:
    """Append what is not there yet, flushed to disk; the torn end of a killed run is cut off."""
    try:
        there = read_state_file(path)
    except FileNotFoundError:
        there = b""
    whole = there[: there.rfind(b"\n") + 1]
    known = set(whole.splitlines(keepends=True))
    with os.fdopen(open_state_file(path, APPEND), "ab") as file:
        file.truncate(len(whole))
        file.write(b"".join(line for line in lines if line not in known))
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)  # of a run that was killed here
    with os.fdopen(open_state_file(draft, WRITE_NEW), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_folder(path.parent)
