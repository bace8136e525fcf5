"""Which customer is in which shard, the same for ever and on every machine."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reconciler.model.state import CustomerId

_SHARD: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of `count` parts; `index` counts from 1."""

    index: int
    count: int

    def holds(self, customer_id: CustomerId) -> bool:
        digest = hashlib.sha256(customer_id.encode()).digest()
        return int.from_bytes(digest) % self.count + 1 == self.index


def read_shard(text: str) -> Shard | None:
    """Read INDEX/COUNT; None where it says no part of a whole."""
    match = _SHARD.fullmatch(text)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    return shard if 1 <= shard.index <= shard.count else None
