"""The way from a valid manifest to desired state; the places of its parts are handed in."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from reconciler.manifests.manifest_model import CodeFrom, EducationEntry, GccEntry
from reconciler.model.state import (
    Acceptance,
    CodeReference,
    CustomerId,
    DesiredCustomer,
    DesiredQualification,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.manifests.manifest_model import AcceptEntry, Entry, Manifest
    from reconciler.model.findings import Source

NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
NONE_ACCEPTED: Final[frozenset[Acceptance]] = frozenset()


def desired_customer(
    manifest: Manifest, source: Source, qualifications: Source, entries: Iterable[Source]
) -> DesiredCustomer:
    """Turn a manifest into desired state, with the places of customerId and qualifications."""
    metadata, spec = manifest.metadata, manifest.spec
    return DesiredCustomer(
        customer_id=CustomerId(spec.customer_id),
        name=metadata.name,
        qualifications=tuple(map(_desired, spec.qualifications, entries)),
        source=source,
        qualifications_source=qualifications,
        domain=spec.domain,
        labels=MappingProxyType(metadata.labels) if metadata.labels else NO_LABELS,
        accept=frozenset(map(_acceptance, spec.accept)) if spec.accept else NONE_ACCEPTED,
    )


def _acceptance(entry: AcceptEntry) -> Acceptance:
    return Acceptance(entry.rule, entry.until, entry.reason)


def _desired(entry: Entry, source: Source) -> DesiredQualification:
    match entry:
        case EducationEntry():
            return DesiredQualification(
                entry.qualification,
                source,
                education_segment=entry.education_segment,
                website=entry.website,
                resubmit_denial_of=entry.resubmit_denial_of,
            )
        case GccEntry(validation_code_from=CodeFrom() as where):
            reference = CodeReference(env=where.env, file=where.file)
            return DesiredQualification(entry.qualification, source, validation_code_from=reference)
        case _:
            return DesiredQualification(entry.qualification, source)
