"""Manifests that are written read back as what they were written from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.manifests.reader import load_manifests, write_manifest
from reconciler.model.findings import Source
from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import (
    Acceptance,
    CodeReference,
    CustomerId,
    DesiredCustomer,
    DesiredQualification,
    EducationSegment,
    Qualification,
)

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = Source("", 0, 0)
DENIED = datetime(2020, 12, 3, 10, 37, 38, 683_202, UTC)

CONTOSO = DesiredCustomer(
    customer_id=CustomerId("14876998-c0dc-46e6-9d0c-65a57a6c32ec"),
    name="contoso-unified-school-district",
    qualifications=(
        DesiredQualification(
            Qualification.EDUCATION,
            NOWHERE,
            EducationSegment.K12,
            website="https://contoso.edu",
            resubmit_denial_of=DENIED,
        ),
        DesiredQualification(
            Qualification.GCC, NOWHERE, validation_code_from=CodeReference(file="codes/no")
        ),
        DesiredQualification(Qualification.SOE, NOWHERE),
    ),
    source=NOWHERE,
    qualifications_source=NOWHERE,
    domain="contoso.onmicrosoft.com",
    labels={"region": "us-west", "tier": "1"},
    accept=frozenset({Acceptance("vetting-denied"), Acceptance("not-checked")}),
)

WRITTEN = """\
# yaml-language-server: $schema=../manifest.schema.json
apiVersion: reconciler/v1
kind: CustomerQualifications
metadata:
  name: contoso-unified-school-district
  labels:
    region: us-west
    tier: "1"
spec:
  customerId: 14876998-c0dc-46e6-9d0c-65a57a6c32ec
  domain: contoso.onmicrosoft.com
  accept: [not-checked, vetting-denied]
  qualifications:
    - qualification: Education
      educationSegment: K12
      website: "https://contoso.edu"
      resubmitDenialOf: "2020-12-03T10:37:38.683202Z"
    - qualification: GovernmentCommunityCloud
      validationCodeFrom: {file: codes/no}
    - StateOwnedEntity
"""


def test_written() -> None:
    """A manifest is written as a person would write it."""
    assert write_manifest(CONTOSO, "../manifest.schema.json") == WRITTEN


def test_without_qualifications() -> None:
    """A customer without qualifications is written with an empty list."""
    bare = replace(CONTOSO, qualifications=(), labels={}, accept=frozenset(), domain=None)
    assert write_manifest(bare).endswith("65a57a6c32ec\n  qualifications: []\n")


def bare(customer: DesiredCustomer) -> DesiredCustomer:
    entries = tuple(replace(each, source=NOWHERE) for each in customer.qualifications)
    return replace(customer, qualifications=entries, source=NOWHERE, qualifications_source=NOWHERE)


visible = st.characters(exclude_categories=["C", "Z"], exclude_characters="\u00ad")
texts = st.text(visible, min_size=1, max_size=20) | st.sampled_from(["no", "1", "~", "- a", "a: b"])
websites = st.text(visible, min_size=1, max_size=20)
instants = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # a bound
entries = st.one_of(
    st.builds(
        DesiredQualification,
        st.just(Qualification.EDUCATION),
        st.just(NOWHERE),
        st.none() | st.sampled_from(EducationSegment),
        st.none() | websites,
        resubmit_denial_of=st.none() | instants,
    ),
    st.builds(
        DesiredQualification,
        st.just(Qualification.GCC),
        st.just(NOWHERE),
        validation_code_from=st.none()
        | st.builds(CodeReference, env=st.from_regex(r"X[A-Za-z0-9_]{0,9}", fullmatch=True))
        | st.builds(CodeReference, file=websites.map(lambda text: text.replace("/", "") + "x")),
    ),
    st.builds(DesiredQualification, st.just(Qualification.SOE), st.just(NOWHERE)),
)
customers = st.builds(
    DesiredCustomer,
    customer_id=st.uuids().map(lambda guid: CustomerId(str(guid))),
    name=st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True),
    qualifications=st.lists(entries, max_size=3, unique_by=lambda each: each.qualification).map(
        tuple
    ),
    source=st.just(NOWHERE),
    qualifications_source=st.just(NOWHERE),
    domain=st.none() | st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,2}", fullmatch=True),
    labels=st.dictionaries(texts, texts | st.just(""), max_size=3),
    accept=st.frozensets(
        st.builds(
            Acceptance,
            st.sampled_from(sorted(PLAN_RULES)),
            st.none() | st.dates(),
            st.none() | st.text("ab: #'{}[],\\\"é", min_size=1),
        ),
        max_size=2,
    ),
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(customer=customers)
def test_round_trip(customer: DesiredCustomer, tmp_path: Path) -> None:
    """Any valid customer that is written reads back as itself."""
    (tmp_path / "a.yaml").write_bytes(write_manifest(customer).encode())
    loaded = load_manifests([tmp_path], base=tmp_path)
    assert [bare(each) for each in loaded.desired.customers] == [customer]


def test_instants_keep_their_microseconds() -> None:
    """A denial's date is written to the microsecond, or it would approve another one."""
    later = DENIED + timedelta(microseconds=1)
    entry = DesiredQualification(Qualification.EDUCATION, NOWHERE, resubmit_denial_of=later)
    assert "38.683203Z" in write_manifest(replace(CONTOSO, qualifications=(entry,)))
