"""The options that the environment sets, over those of `reconciler.yaml`; it reads no other ones.

An option that may come from the environment is a field of `Overrides`, read here, and applied where
the configuration is put together. Nothing that signs in is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Diagnostic, Severity
from reconciler.validation.addresses import read_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT: Final = "PARTNER_CENTER_ENDPOINT"


@dataclass(frozen=True, slots=True)
class Overrides:
    """None is what the environment doesn't say. Set to nothing, a variable counts as unset."""

    endpoint: str | None = None
    """The address, in place of both the file's endpoint and its emulator."""


def read_overrides(environ: Mapping[str, str]) -> tuple[Overrides, list[Diagnostic]]:
    """Read them, with every problem."""
    text = environ.get(ENDPOINT, "").strip()
    if not text:
        return Overrides(), []
    try:
        return Overrides(read_endpoint(text)), []
    except ValueError as error:
        message = f"the variable {ENDPOINT} is {error}"
        remedy = "write https://HOST, or http://127.0.0.1:PORT for this machine"
        return Overrides(), [Diagnostic("invalid-value", Severity.ERROR, message, remedy)]
