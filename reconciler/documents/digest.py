"""The digest of a plan: what apply will do and on what ground, and nothing else of the document."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from reconciler.documents.plan_model import plan_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.plan import Plan


def canonical_json(value: object) -> bytes:
    """Sorted keys, no white space, raw UTF-8: the form that digests are taken of."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def digest_of(document: Mapping[str, Any]) -> str:
    """Digest target, steps without `source`, and basis, properties we don't know included."""
    steps = [
        {name: value for name, value in step.items() if name != "source"}
        for step in document["steps"]
    ]
    content = {"target": document["target"], "steps": steps, "basis": document["basis"]}
    return "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()


def plan_digest(plan: Plan) -> str:
    return digest_of(plan_content(plan))
