"""Reads GCC validation codes from where a manifest says they are, just before they are needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.manifests.files import find_code_file
from reconciler.model.secret import KnownSecrets, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reconciler.model.state import CodeReference, CustomerId, DesiredState

LONGEST_CODE = 4096
"""Bytes. A larger file is no validation code."""


@dataclass(frozen=True, slots=True)
class CodeReader:
    """`base` is the folder that a manifest's place is relative to; `secrets` gets each code."""

    environ: Mapping[str, str]
    base: Path
    secrets_folder: Path | None
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    def read(self, reference: CodeReference, manifest_file: str) -> Secret | None:
        """Read a code without the white space around it. None: not there, or empty."""
        if reference.env is not None:
            text = self.environ.get(reference.env, "")
        else:
            text = self._read_file(self.find(str(reference.file), manifest_file))
        code = Secret(text.strip())
        self.secrets.add(code)
        return code or None

    def find(self, name: str, manifest_file: str) -> Path | None:
        """Find the file of a code, or where it may come to be; None outside the valid places."""
        return find_code_file(name, (self.base / manifest_file).parent, self.secrets_folder)

    def _read_file(self, path: Path | None) -> str:
        try:
            if path is not None and path.is_file() and path.stat().st_size <= LONGEST_CODE:
                return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
        return ""


def code_files(desired: DesiredState, reader: CodeReader) -> Iterator[Path | None]:
    """Find the files of all codes that the manifests name."""
    for customer in desired.customers:
        for entry in customer.qualifications:
            reference = entry.validation_code_from
            if reference is not None and reference.file is not None:
                yield reader.find(reference.file, entry.source.file)


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
