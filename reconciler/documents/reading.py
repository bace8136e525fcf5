"""Reads the JSON object that a document's file holds, or refuses it by name."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from reconciler.documents.digest import canonical_json
from reconciler.model.errors import PlanRefused

if TYPE_CHECKING:
    from pathlib import Path


def read_whole(path: Path) -> bytes:
    """Raises OSError. A pipe without a writer is empty: opening it would wait, deaf to signals."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - pathlib can't open a descriptor
        return stream.read()


def read_object(path: Path, *, to_name: str, remedy: str) -> dict[str, Any]:
    """Raises PlanRefused: with `to_name` as the way out where there is no file, else `remedy`."""
    try:
        document = json.loads(read_whole(path))
        canonical_json(document)  # refuses NaN and half characters, which Python's reader takes
    except OSError as error:
        raise PlanRefused(f"{path} can't be read: {error.strerror}", to_name) from error
    except (ValueError, RecursionError):
        raise PlanRefused(f"{path} is refused: it is not JSON", remedy) from None
    if not isinstance(document, dict):
        raise PlanRefused(f"{path} is refused: it is not a JSON object", remedy)
    return document
