"""What a command works with: configuration and desired state, narrowed as asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.cli.options import Globals
from reconciler.cli.session import open_session
from reconciler.selection.selection import Narrowing
from tests.cli.project import Project, manifest, settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("shard", "share"), [(None, 480), ("2/4", 120)])
def test_a_shard_keeps_to_its_share_of_the_pace(
    tmp_path: Path, shard: str | None, share: int
) -> None:
    """All shards run at once, and the ceiling is that of all of them together."""
    project = Project(tmp_path)
    paced = settings().replace("live.yaml", "live.yaml, requestsPerMinute: 480")
    configuration = project.write("reconciler.yaml", paced)
    customer = "00000000-0000-4000-8000-000000000000"
    project.write("customers/one.yaml", manifest("one", customer, []))
    session = open_session(Globals(configuration, False, False), (), Narrowing(shard=shard))
    assert session.configuration.partner_center.requests_per_minute == share
