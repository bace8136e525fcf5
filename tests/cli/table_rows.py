"""The rows of the contract's table: customers declared and live, and what they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EDUCATION: Final = "Education"
GCC: Final = "GovernmentCommunityCloud"
SOE: Final = "StateOwnedEntity"

SCHOOL: Final = "- {qualification: Education, educationSegment: K12, website: contoso.edu}"
AGENCY: Final = "- {qualification: GovernmentCommunityCloud, validationCodeFrom: {env: A_CODE}}"
OWNED: Final = "- StateOwnedEntity"

APPROVED: Final = {"qualification": EDUCATION, "vettingStatus": "Approved"}
IN_REVIEW: Final = {"qualification": EDUCATION, "vettingStatus": "InReview"}
DENIED: Final = {
    "qualification": EDUCATION,
    "vettingStatus": "Denied",
    "vettingReason": "Not an Education Customer",
    "vettingCreatedDate": "2020-12-03T10:37:38.885Z",
}
RESUBMITTED: Final = (
    "- {qualification: Education, educationSegment: K12, "
    'resubmitDenialOf: "2020-12-03T10:37:38.885Z"}'
)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding; `at` is the text of the manifest that begins at its place."""

    rule: str
    category: str
    qualification: str | None
    at: str


@dataclass(frozen=True, slots=True)
class Row:
    """A customer: what is declared and live, and what it becomes. `live` None: no such customer."""

    name: str
    declared: tuple[str, ...]
    live: tuple[object, ...] | None = ()
    steps: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    in_sync: int = 0
    spec: tuple[str, ...] = ()
    customer: Mapping[str, object] = field(default_factory=dict)

    def manifest(self, customer_id: str) -> str:
        lines = [
            "apiVersion: reconciler/v1",
            "kind: CustomerQualifications",
            "metadata:",
            f"  name: {self.name}",
            "spec:",
            f"  customerId: {customer_id.upper()}",
            *(f"  {line}" for line in self.spec),
            "  qualifications:" if self.declared else "  qualifications: []",
            *(f"    {line}" for line in self.declared),
        ]
        return "".join(f"{line}\n" for line in lines)

    def seeded(self, customer_id: str) -> dict[str, object]:
        agreed = {"customerAgreement": True, "domain": f"{self.name}.onmicrosoft.com"}
        return {"id": customer_id, "qualifications": self.live} | agreed | dict(self.customer)

    def entry(self, qualification: str) -> str:
        """Find the text that the entry begins with, after its dash."""
        return next(line[2:] for line in self.declared if qualification in line)


SECOND_ATTEMPT: Final = Found("resubmission-attempt", "advisory", EDUCATION, RESUBMITTED[2:])


def sells_gcc_only(at: str = AGENCY[2:]) -> Found:
    return Found("gcc-ends-commercial-sales", "advisory", GCC, at)


def held(qualification: str, at: str = "qualifications:") -> Found:
    return Found("removal-not-supported", "impossible", qualification, at)


def exclusive(qualification: str, at: str) -> Found:
    return Found("education-gcc-exclusive", "impossible", qualification, at)


VETTING: Final = (
    Row("absent", (SCHOOL, OWNED), (), (EDUCATION, SOE)),
    Row("owned-first", (OWNED, SCHOOL), (), (EDUCATION, SOE)),
    Row("absent-gcc", (AGENCY, OWNED), (), (GCC, SOE), (sells_gcc_only(),)),
    Row("said-none", (SCHOOL,), ("None",), (EDUCATION,)),
    Row("approved", (SCHOOL, OWNED), (APPROVED, SOE), in_sync=2),
    Row("approved-short", ("- Education", OWNED), (APPROVED,), (SOE,), in_sync=1),
    Row("no-status", ("- Education",), (EDUCATION,), in_sync=1),
    Row(
        "any-case",
        ("- Education", OWNED),
        ({"qualification": "EDUCATION", "vettingStatus": "approved"}, "stateownedentity"),
        in_sync=2,
    ),
    Row(
        "in-review",
        (SCHOOL,),
        (IN_REVIEW,),
        found=(Found("vetting-in-review", "pending", EDUCATION, SCHOOL[2:]),),
    ),
    Row(
        "in-review-any-case",
        (SCHOOL,),
        ({"qualification": "education", "vettingStatus": "INREVIEW"},),
        found=(Found("vetting-in-review", "pending", EDUCATION, SCHOOL[2:]),),
    ),
    Row(
        "denied",
        (SCHOOL,),
        (DENIED,),
        found=(Found("vetting-denied", "denied", EDUCATION, SCHOOL[2:]),),
    ),
    Row(
        "denied-and-owned",
        (SCHOOL, OWNED),
        (DENIED,),
        (SOE,),
        (Found("vetting-denied", "denied", EDUCATION, SCHOOL[2:]),),
    ),
    Row("resubmitted", (RESUBMITTED,), (DENIED,), (EDUCATION,), found=(SECOND_ATTEMPT,)),
    Row(
        "resubmitted-without-segment",
        ('- {qualification: Education, resubmitDenialOf: "2020-12-03T10:37:38.885Z"}',),
        (DENIED,),
        found=(
            Found("education-segment-missing", "blocked", EDUCATION, "{qualification: Education,"),
        ),
    ),
    Row(
        "denied-anew",
        (RESUBMITTED,),
        (DENIED | {"vettingCreatedDate": "2020-12-03T10:37:38.885001Z"},),
        found=(Found("vetting-denied", "denied", EDUCATION, RESUBMITTED[2:]),),
    ),
    Row(
        "denied-same-instant",
        (RESUBMITTED,),
        (DENIED | {"vettingCreatedDate": "2020-12-03T12:37:38.8850000+02:00"},),
        (EDUCATION,),
        found=(SECOND_ATTEMPT,),
    ),
    Row(
        "denied-without-date",
        (RESUBMITTED,),
        ({"qualification": EDUCATION, "vettingStatus": "Denied"},),
        found=(Found("vetting-denied", "denied", EDUCATION, RESUBMITTED[2:]),),
    ),
    Row("approved-since", (RESUBMITTED,), (APPROVED,), in_sync=1),
    Row("never-denied", (RESUBMITTED,), (), (EDUCATION,)),
    Row(
        "odd-status",
        (SCHOOL,),
        ({"qualification": EDUCATION, "vettingStatus": "OnHold"},),
        found=(Found("vetting-unknown", "pending", EDUCATION, SCHOOL[2:]),),
    ),
)

NOTHING_TO_SET: Final = (
    Row("nonprofit-held", ("- Nonprofit",), ("Nonprofit",), in_sync=1),
    Row(
        "nonprofit",
        ("- Nonprofit",),
        (),
        found=(Found("nonprofit-not-settable", "impossible", "Nonprofit", "Nonprofit"),),
    ),
    Row("none-of-none", ("- None",), ()),
    Row("none-of-said-none", ("- None",), ({"qualification": "None"},)),
    Row("empty-of-none", (), ()),
    Row("empty-of-denied", (), (DENIED,)),
    Row("none-but-held", ("- None",), (SOE,), found=(held(SOE, "None"),)),
    Row(
        "empty-but-held",
        (),
        (SOE, APPROVED, "Nonprofit"),
        found=(held(SOE), held(EDUCATION), held("Nonprofit")),
    ),
    Row("left-out", (OWNED,), (SOE, IN_REVIEW), found=(held(EDUCATION),), in_sync=1),
    Row("stranger-left-out", (OWNED,), (SOE, "FutureThing"), (), (held("FutureThing"),), 1),
    Row("denied-left-out", (OWNED,), (DENIED,), (SOE,)),
)

PAIRS: Final = (
    Row(
        "both",
        (SCHOOL, AGENCY),
        (),
        found=(exclusive(EDUCATION, SCHOOL[2:]), exclusive(GCC, AGENCY[2:])),
    ),
    Row(
        "both-one-held",
        (SCHOOL, AGENCY),
        (APPROVED,),
        found=(exclusive(EDUCATION, SCHOOL[2:]), exclusive(GCC, AGENCY[2:])),
        in_sync=1,
    ),
    Row(
        "both-and-owned",
        (SCHOOL, AGENCY, OWNED),
        (),
        found=(
            exclusive(EDUCATION, SCHOOL[2:]),
            exclusive(GCC, AGENCY[2:]),
            Found("waits-for-gcc", "blocked", SOE, OWNED[2:]),
        ),
    ),
    Row(
        "gcc-where-education",
        (AGENCY,),
        (IN_REVIEW,),
        found=(exclusive(GCC, AGENCY[2:]), held(EDUCATION)),
    ),
    Row(
        "education-where-gcc", (SCHOOL,), (GCC,), (), (exclusive(EDUCATION, SCHOOL[2:]), held(GCC))
    ),
    Row(
        "gcc-over-denied",
        (AGENCY,),
        (DENIED,),
        (GCC,),
        (sells_gcc_only(), Found("gcc-over-denied-education", "advisory", GCC, AGENCY[2:])),
    ),
    Row(
        "gcc-after-soe",
        (AGENCY, OWNED),
        (SOE,),
        (GCC,),
        (sells_gcc_only(), Found("gcc-after-soe", "advisory", GCC, AGENCY[2:])),
        1,
    ),
    Row("gcc-held", (AGENCY, OWNED), (GCC,), (SOE,), in_sync=1),
    Row(
        "waits",
        ("- GovernmentCommunityCloud", OWNED),
        (),
        found=(
            Found("validation-code-missing", "blocked", GCC, GCC),
            Found("waits-for-gcc", "blocked", SOE, SOE),
        ),
    ),
    Row(
        "waits-for-nothing",
        ("- GovernmentCommunityCloud", OWNED),
        (SOE,),
        found=(Found("validation-code-missing", "blocked", GCC, GCC),),
        in_sync=1,
    ),
    Row(
        "waits-for-the-impossible",
        (AGENCY, OWNED),
        (APPROVED,),
        found=(
            exclusive(GCC, AGENCY[2:]),
            held(EDUCATION),
            Found("waits-for-gcc", "blocked", SOE, SOE),
        ),
    ),
    Row(
        "no-segment",
        ("- qualification: Education", "  website: contoso.edu"),
        (),
        found=(
            Found("education-segment-missing", "blocked", EDUCATION, "qualification: Education"),
        ),
    ),
    Row(
        "no-code-here",
        ("- {qualification: GovernmentCommunityCloud, validationCodeFrom: {env: NOT_SET}}",),
        (),
        (GCC,),
        (
            sells_gcc_only("{qualification: GovernmentCommunityCloud"),
            Found("validation-code-not-checked", "advisory", GCC, "{qualification: Gov"),
        ),
    ),
    Row(
        "empty-code",
        ("- {qualification: GovernmentCommunityCloud, validationCodeFrom: {file: codes/empty}}",),
        (),
        (GCC,),
        (
            sells_gcc_only("{qualification: GovernmentCommunityCloud"),
            Found("validation-code-not-checked", "advisory", GCC, "{qualification: Gov"),
        ),
    ),
    Row(
        "code-in-file",
        ("- {qualification: GovernmentCommunityCloud, validationCodeFrom: {file: codes/full}}",),
        (),
        (GCC,),
        (sells_gcc_only("{qualification: GovernmentCommunityCloud"),),
    ),
)


def account(status: str) -> dict[str, object]:
    return {"accountStatus": status}


def status_found(rule: str, category: str = "advisory") -> Found:
    return Found(rule, category, SOE, SOE)


BLOCKS: Final = "account-status-blocks-purchases"
NOT_READY: Final = "account-status-not-ready"
NO_AGREEMENT: Final = "customer-agreement-missing"
UNSIGNED: Final[dict[str, object]] = {"customerAgreement": False}

SIDE_CHECKS: Final = (
    Row("same-domain", (OWNED,), (), (SOE,), spec=("domain: SAME-DOMAIN.onmicrosoft.com",)),
    Row(
        "other-domain",
        (SCHOOL, OWNED),
        (),
        found=(Found("customer-mismatch", "blocked", None, "customerId:"),),
        spec=("domain: contoso.onmicrosoft.com",),
    ),
    Row(
        "other-domain-in-sync",
        (OWNED,),
        (SOE,),
        in_sync=1,
        spec=("domain: contoso.onmicrosoft.com",),
    ),
    Row("allowed", (OWNED,), (), (SOE,), customer=account("Allowed")),
    Row(
        "under-review", (OWNED,), (), (SOE,), (status_found(BLOCKS),), 0, (), account("UnderReview")
    ),
    Row("not-allowed", (OWNED,), (), (SOE,), (status_found(BLOCKS),), 0, (), account("NotAllowed")),
    Row("unknown", (OWNED,), (), (SOE,), (status_found(BLOCKS),), 0, (), account("unknown")),
    Row("not-ready", (OWNED,), (), (SOE,), (status_found(NOT_READY),), 0, (), account("Not Ready")),
    Row(
        "odd-account", (OWNED,), (), (SOE,), (status_found(NOT_READY),), 0, (), account("Sleeping")
    ),
    Row("under-review-in-sync", (OWNED,), (SOE,), in_sync=1, customer=account("UnderReview")),
    Row("signed", (OWNED,), (), (SOE,), customer=UNSIGNED | {"directSigned": True}),
    Row(
        "unsigned",
        (OWNED,),
        (),
        (SOE,),
        (status_found(NO_AGREEMENT),),
        customer=UNSIGNED,
    ),
)

UNREADABLE: Final = (
    Row(
        "no-such-customer",
        (SCHOOL,),
        None,
        found=(Found("customer-not-found", "unreadable", None, "customerId:"),),
    ),
)

ACCEPTED: Final = (
    Row(
        "accepted-denial",
        (SCHOOL,),
        (DENIED,),
        found=(Found("vetting-denied", "advisory", EDUCATION, SCHOOL[2:]),),
        spec=("accept: [vetting-denied]",),
    ),
    Row(
        "accepted-removal",
        (),
        (SOE,),
        found=(held(SOE),),
        spec=("accept: [nonprofit-not-settable]",),
    ),
    Row(
        "accepted-both",
        ("- Nonprofit",),
        (SOE,),
        found=(
            Found("nonprofit-not-settable", "advisory", "Nonprofit", "Nonprofit"),
            Found("removal-not-supported", "advisory", SOE, "qualifications:"),
        ),
        spec=("accept: [nonprofit-not-settable, removal-not-supported]",),
    ),
)

ROWS: Final = (*VETTING, *NOTHING_TO_SET, *PAIRS, *SIDE_CHECKS, *UNREADABLE, *ACCEPTED)

BLOCKING: Final = (
    Row(
        "blocked-by-status",
        (SCHOOL, OWNED),
        (),
        found=(
            Found(BLOCKS, "blocked", EDUCATION, SCHOOL[2:]),
            Found(BLOCKS, "blocked", SOE, SOE),
        ),
        customer=account("NotAllowed"),
    ),
    Row("still-not-ready", (OWNED,), (), (SOE,), (status_found(NOT_READY),), 0, (), account("Odd")),
    Row(
        "blocked-by-agreement",
        (AGENCY,),
        (),
        found=(Found(NO_AGREEMENT, "blocked", GCC, AGENCY[2:]),),
        customer=UNSIGNED,
    ),
    Row(
        "blocked-by-both",
        (OWNED,),
        (),
        found=(status_found(BLOCKS, "blocked"), status_found(NO_AGREEMENT, "blocked")),
        customer=UNSIGNED | account("UnderReview"),
    ),
    Row("blocked-by-nothing", (OWNED,), (), (SOE,)),
)

SKIPPING: Final = (
    Row("skipped-status", (OWNED,), (), (SOE,), customer=account("NotAllowed")),
    Row("skipped-agreement", (OWNED,), (), (SOE,), customer=UNSIGNED),
    Row(
        "never-skipped-domain",
        (OWNED,),
        (),
        found=(Found("customer-mismatch", "blocked", None, "customerId:"),),
        spec=("domain: contoso.onmicrosoft.com",),
    ),
)

NARROW: Final = (
    Row("permitted", (SCHOOL,), (), (EDUCATION,)),
    Row(
        "not-permitted",
        (OWNED,),
        (),
        found=(Found("not-permitted-by-policy", "blocked", SOE, SOE),),
    ),
    Row("not-permitted-but-live", (OWNED,), (SOE,), in_sync=1),
    Row(
        "not-permitted-gcc",
        (AGENCY, OWNED),
        (),
        found=(
            Found("not-permitted-by-policy", "blocked", GCC, AGENCY[2:]),
            Found("waits-for-gcc", "blocked", SOE, SOE),
        ),
    ),
    Row("ignored", (SCHOOL,), (APPROVED, SOE, "Nonprofit"), in_sync=1),
    Row("not-ignored-of-empty", (), (SOE,), found=(held(SOE),)),
    Row("not-ignored-of-none", ("- None",), (SOE,), found=(held(SOE, "None"),)),
)
