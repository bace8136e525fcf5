"""Manifests for tests: a valid one, ways to change it, and a short view of what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.manifests.reader import LoadedManifests, load_manifests

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.findings import Diagnostic

CUSTOMER: Final = "14876998-c0dc-46e6-9d0c-65a57a6c32ec"

HEAD: Final = f"""\
apiVersion: reconciler/v1
kind: CustomerQualifications
metadata:
  name: contoso
spec:
  customerId: {CUSTOMER}
"""

VALID: Final = HEAD + "  qualifications: [StateOwnedEntity]\n"


def manifest(entries: object = (), **spec: object) -> dict[str, Any]:
    """Plain data of a manifest with these entries and keys of `spec`."""
    return {
        "apiVersion": "reconciler/v1",
        "kind": "CustomerQualifications",
        "metadata": {"name": "contoso"},
        "spec": {
            "customerId": CUSTOMER,
            "qualifications": list(entries) if isinstance(entries, tuple) else entries,
            **spec,
        },
    }


def load(folder: Path, *texts: str) -> LoadedManifests:
    """Load each text as a file of its own: `0.yaml`, `1.yaml` and so on."""
    for index, text in enumerate(texts):
        (folder / f"{index}.yaml").write_bytes(text.encode())
    return load_manifests([folder], base=folder)


def brief(diagnostic: Diagnostic) -> str:
    """Tell a diagnostic as `line:column rule`."""
    assert diagnostic.source is not None
    return f"{diagnostic.source.line}:{diagnostic.source.column} {diagnostic.rule}"


def diagnostic_lines(folder: Path, text: str) -> list[str]:
    """What is told of one file, briefly."""
    return [brief(each) for each in load(folder, text).diagnostics]
