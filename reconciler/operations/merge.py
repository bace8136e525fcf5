"""Merging the plans of shards: reads their files and asks no service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.documents.merging import ShardPlan, merge_plans
from reconciler.documents.plan_file import load_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model.plan import PlanDocument


def merge(files: Sequence[Path]) -> PlanDocument:
    """Make one plan of all. Raises PlanRefused where one is edited or they don't fit together."""
    return merge_plans([ShardPlan(str(file), load_plan(file)) for file in files])
