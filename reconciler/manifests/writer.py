"""Writes desired state as the text of a manifest; it writes no files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.manifests.manifest_model import API_VERSION, KIND
from reconciler.model.state import format_instant
from reconciler.yaml_text.scalars import write_comment, write_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.state import Acceptance, DesiredCustomer, DesiredQualification

_MODELINE: Final = "# yaml-language-server: $schema="


def write_manifest(
    customer: DesiredCustomer,
    schema: str | None = None,
    *,
    title: str = "",
    notes: Iterable[str] = (),
) -> str:
    """Write one document that reads back as `customer`, its places aside.

    `schema` is where editors find the JSON Schema, told in the first line; `title` is a comment
    above the manifest, `notes` are comments below the qualifications.
    """
    comments = (f"    # {write_comment(note)}" for note in notes)
    return "\n".join([*_head(customer, schema, title), *_spec(customer), *comments, ""])


def _head(customer: DesiredCustomer, schema: str | None, title: str) -> Iterator[str]:
    if schema is not None:
        yield f"{_MODELINE}{schema}"
    if title:
        yield f"# {write_comment(title)}"
    yield f"apiVersion: {API_VERSION}"
    yield f"kind: {KIND}"
    yield "metadata:"
    yield f"  name: {write_scalar(customer.name)}"
    if customer.labels:
        yield "  labels:"
        for key, value in sorted(customer.labels.items()):
            yield f"    {write_scalar(key)}: {write_scalar(value)}"


def _spec(customer: DesiredCustomer) -> Iterator[str]:
    yield "spec:"
    yield f"  customerId: {write_scalar(customer.customer_id)}"
    if customer.domain is not None:
        yield f"  domain: {write_scalar(customer.domain)}"
    if customer.accept:
        yield f"  accept: [{', '.join(sorted(map(_acceptance, customer.accept)))}]"
    if not customer.qualifications:
        yield "  qualifications: []"
        return
    yield "  qualifications:"
    for entry in customer.qualifications:
        yield from _entry(entry)


def _acceptance(acceptance: Acceptance) -> str:
    if acceptance.until is None and acceptance.reason is None:
        return write_scalar(acceptance.rule)
    parts = [f"rule: {write_scalar(acceptance.rule)}"]
    if acceptance.until is not None:
        parts.append(f"until: {write_scalar(acceptance.until.isoformat())}")
    if acceptance.reason is not None:
        parts.append(f"reason: {write_scalar(acceptance.reason)}")
    return f"{{{', '.join(parts)}}}"


def _entry(entry: DesiredQualification) -> Iterator[str]:
    details = list(_details(entry))
    if not details:
        yield f"    - {entry.qualification}"
        return
    yield f"    - qualification: {entry.qualification}"
    for key, value in details:
        yield f"      {key}: {value}"


def _details(entry: DesiredQualification) -> Iterator[tuple[str, str]]:
    if entry.education_segment is not None:
        yield "educationSegment", entry.education_segment
    if entry.website is not None:
        yield "website", write_scalar(entry.website)
    if (where := entry.validation_code_from) is not None:
        key, value = ("env", where.env) if where.env is not None else ("file", where.file)
        yield "validationCodeFrom", f"{{{key}: {write_scalar(str(value))}}}"
    if entry.resubmit_denial_of is not None:
        yield "resubmitDenialOf", write_scalar(format_instant(entry.resubmit_denial_of))
