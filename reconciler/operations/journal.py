"""What is unsettled, and a person's word on it. Nothing is sent."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from reconciler.applying.history import read_unsettled
from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE, hold_lock
from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.applying.history import UnsettledCreate
    from reconciler.applying.journal_lines import Found
    from reconciler.configuration.config import Configuration


def list_unsettled(configuration: Configuration) -> tuple[UnsettledCreate, ...]:
    """Find the creates that may have happened, at any target. Raises JournalRefused."""
    return read_unsettled(configuration.state_dir / JOURNAL_FILE)


def settle(
    configuration: Configuration, request_id: str, found: Found, reason: str, now: datetime
) -> UnsettledCreate:
    """Put on record what a person saw. Raises StateError where no such create is unsettled."""
    path = configuration.state_dir / JOURNAL_FILE
    with hold_lock(configuration.state_dir, now, within=configuration.folder) as held:
        create = _unsettled(read_unsettled(path), request_id)
        with Journal(path, str(uuid.uuid4()), held) as journal:
            journal.ruled(now, create.record.request_id, found, reason)
    return create


def _unsettled(creates: tuple[UnsettledCreate, ...], request_id: str) -> UnsettledCreate:
    for create in creates:
        if create.record.request_id.lower() == request_id.lower():
            return create
    raise StateError(
        f"the journal has no unsettled create with the MS-RequestId {request_id}",
        "`reconciler journal list` shows those that it has",
    )
