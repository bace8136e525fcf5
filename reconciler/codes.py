"""Reads GCC validation codes from where a manifest says they are, just before they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.state import CodeReference, CustomerId, DesiredState

LONGEST_CODE = 4096
"""Bytes. A larger file is no validation code."""


@dataclass(frozen=True, slots=True)
class CodeReader:
    """`base` is the folder that a manifest's place is relative to."""

    environ: Mapping[str, str]
    base: Path
    secrets_folder: Path | None

    def read(self, reference: CodeReference, manifest_file: str) -> Secret | None:
        """Read a code without the white space around it. None: not there, or empty."""
        if reference.env is not None:
            text = self.environ.get(reference.env, "")
        else:
            text = self._read_file(str(reference.file), (self.base / manifest_file).parent)
        return Secret(text.strip()) if text.strip() else None

    def _read_file(self, name: str, folder: Path) -> str:
        for path in allowed_files(name, folder, self.secrets_folder):
            try:
                if path.is_file() and path.stat().st_size <= LONGEST_CODE:
                    return path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
        return ""


def allowed_files(name: str, folder: Path, secrets_folder: Path | None) -> Iterable[Path]:
    """Resolve where a code file may be, symbolic links followed: inside one of the two folders."""
    roots = [root.resolve() for root in (folder, secrets_folder) if root is not None]
    for root in roots:
        path = _resolved(root / name)
        if path is not None and any(path.is_relative_to(allowed) for allowed in roots):
            yield path


def _resolved(path: Path) -> Path | None:
    """Follow symbolic links; None where they go in circles, or where no file can be called so."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def unreadable_codes(
    desired: DesiredState, reader: CodeReader
) -> frozenset[tuple[CustomerId, CodeReference]]:
    """Find the codes that can't be read here."""
    return frozenset(
        (customer.customer_id, entry.validation_code_from)
        for customer in desired.customers
        for entry in customer.qualifications
        if entry.validation_code_from is not None
        and reader.read(entry.validation_code_from, entry.source.file) is None
    )
