"""The catalogue: what each rule means, why, and what to do; it raises nothing and decides nothing.

Longer than other files because it is one table. What the service's documentation leaves open is
told as open.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from reconciler.model.account_status import name_statuses
from reconciler.model.findings import Category, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

OUR_DECISION: Final = "our own decision"
UPDATE_PAGE: Final = "Update a customer's qualifications asynchronously"
READ_PAGE: Final = "Get a customer's qualification asynchronously"
ACCOUNT_PAGE: Final = "Retrieve the validation status of a customer"
AGREEMENT_PAGE: Final = "Get confirmation of customer acceptance of Microsoft Customer Agreement"
EDUCATION_PAGE: Final = "Create and sell offers to education customers in Partner Center"
GCC_PAGE: Final = "Microsoft's pages on selling Government Community Cloud offers"
CUSTOMER_PAGE: Final = "Get a customer by ID"
CUSTOMERS_PAGE: Final = "Get a list of customers"
AUDIT_PAGE: Final = "Get a record of Partner Center activity by user"
ERRORS_PAGE: Final = "Partner Center REST error codes"


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the catalogue.

    `category` and `severity` are those of the plan; `category` is None where the plan never raises
    the rule. `validation_severity` is None where `validate` never raises it. `page` is the title
    of the service's page that says so, or `OUR_DECISION`. A rule whose category depends on policy
    carries the one of the default policy.
    """

    id: str
    category: Category | None
    severity: Severity
    title: str
    meaning: str
    why: str
    page: str
    remedy: str
    validation_severity: Severity | None = None


def _refused(rule_id: str, *, title: str, meaning: str, why: str, remedy: str) -> Rule:
    return Rule(
        id=rule_id,
        category=None,
        severity=Severity.ERROR,
        title=title,
        meaning=meaning,
        why=why,
        page=OUR_DECISION,
        remedy=remedy,
        validation_severity=Severity.ERROR,
    )


_TEXT: Final = (
    _refused(
        "syntax",
        title="The file is not valid YAML",
        meaning="The YAML parser can't read the file beyond this place.",
        why="Nothing after a broken place can be trusted, so nothing of the file is used.",
        remedy="Mend the YAML at the place shown: look for indentation, colons and brackets.",
    ),
    _refused(
        "encoding",
        title="The file is not UTF-8 text",
        meaning="The file holds bytes that are not UTF-8, or characters that YAML forbids.",
        why="Guessing an encoding could turn one name into another.",
        remedy="Save the file as UTF-8 and leave control characters out.",
    ),
    _refused(
        "too-large",
        title="The file is larger than 8 MiB",
        meaning="The file is over the limit and was not read.",
        why="A limit keeps a stray file from exhausting the memory of a pipeline.",
        remedy="Split the manifests over several files.",
    ),
    _refused(
        "too-deep",
        title="The document is nested deeper than 32 levels",
        meaning="Lists and mappings lie more than 32 levels inside one another.",
        why="No manifest needs that depth, and deep nesting can exhaust a parser.",
        remedy="Flatten the nesting: no manifest needs it.",
    ),
    _refused(
        "forbidden-yaml",
        title="The manifest uses YAML that is not plain data",
        meaning="An anchor, alias, merge key, tag or directive stands in the manifest.",
        why="A reviewer must be able to read a manifest line by line, without expanding anything.",
        remedy="Write the values out in full.",
    ),
    _refused(
        "duplicate-key",
        title="A key stands twice in one mapping",
        meaning="The same key is given two values in one mapping.",
        why="YAML does not say which of the two values counts.",
        remedy="Keep one of the two.",
    ),
)

_MANIFEST: Final = (
    _refused(
        "unknown-kind",
        title="The document is not a CustomerQualifications manifest",
        meaning="`apiVersion` or `kind` is missing or names something else.",
        why="A document that is not understood must not be skipped in silence.",
        remedy=(
            "Write `apiVersion: reconciler/v1` and `kind: CustomerQualifications`, or keep the "
            "file out of the manifests' folder."
        ),
    ),
    _refused(
        "unknown-key",
        title="The manifest has a key that is not known",
        meaning="The key is not part of the manifest's shape, so it would have no effect.",
        why="A misspelt key that is passed over would silently change what is declared.",
        remedy="Correct the spelling or remove the key.",
    ),
    _refused(
        "missing-key",
        title="A required key is missing",
        meaning="The manifest leaves out a key without which it says nothing certain.",
        why="A default for it could declare something that nobody meant.",
        remedy="Add the key.",
    ),
    _refused(
        "invalid-value",
        title="A value is not allowed here",
        meaning="The value has the wrong type or form, or is not one of the known ones.",
        why="What the service would refuse, or understand otherwise, is refused here first.",
        remedy="Write what the message asks for; quote text that looks like a number.",
    ),
    _refused(
        "duplicate-name",
        title="Two manifests have the same name",
        meaning="`metadata.name` must be unique over all manifests.",
        why="Plans, reports and `--customer` call a customer by that name.",
        remedy="Rename one of the two.",
    ),
    _refused(
        "duplicate-customer",
        title="Two manifests declare the same customer",
        meaning="`spec.customerId` must be unique over all manifests.",
        why="Two declarations of one customer could contradict each other.",
        remedy="Merge the two manifests into one, or correct the wrong id.",
    ),
    _refused(
        "duplicate-qualification",
        title="A qualification is declared twice for one customer",
        meaning="The list names the same qualification more than once.",
        why="Two entries could disagree on segment, website or code.",
        remedy="Keep one entry.",
    ),
    _refused(
        "inline-secret",
        title="The manifest holds a validation code",
        meaning="A manifest says where a validation code is, never the code itself.",
        why="A manifest is kept in git and read by many; a code has a limited number of uses.",
        remedy=(
            "Write `validationCodeFrom: {env: NAME}` or `{file: PATH}` instead. Once a code was "
            "pushed, treat it as known to others."
        ),
    ),
    _refused(
        "outside-folder",
        title="`validationCodeFrom.file` leaves its folder",
        meaning=(
            "The file lies neither in the manifest's own folder nor in `secretsFolder`, after "
            "symbolic links are resolved."
        ),
        why="A manifest must not be able to make the program read elsewhere.",
        remedy="Put the file beside the manifest, or set `secretsFolder` in the configuration.",
    ),
    _refused(
        "none-with-others",
        title="None stands beside another qualification",
        meaning="None says that the customer has no qualification, and another entry says it has.",
        why="The two can't both be meant.",
        remedy="Remove None, or everything else.",
    ),
    Rule(
        id="none-not-settable",
        category=None,
        severity=Severity.WARNING,
        title="None can't be set",
        meaning="The entry only says that this customer has none; it will never become a step.",
        why=(
            "The service accepts Education, GovernmentCommunityCloud and StateOwnedEntity, and "
            "says that None can't be set. Nothing that is held can be removed either."
        ),
        page=UPDATE_PAGE,
        remedy="Nothing, where the customer has none; `qualifications: []` says the same.",
        validation_severity=Severity.WARNING,
    ),
)

_QUALIFICATIONS: Final = (
    Rule(
        id="vetting-in-review",
        category=Category.PENDING,
        severity=Severity.NOTE,
        title="The qualification is being vetted",
        meaning="The create has happened; Microsoft has not decided yet.",
        why="Vetting of Education takes some business days, and no webhook tells of its outcome.",
        page=READ_PAGE,
        remedy="Wait some business days, then plan again.",
    ),
    Rule(
        id="vetting-denied",
        category=Category.DENIED,
        severity=Severity.ERROR,
        title="The vetting was denied",
        meaning="Microsoft looked at the customer and said no; the live entry may tell the reason.",
        why=(
            "Verification can be asked for at most three times per customer. Whether it can be "
            "asked for again through the API is not documented, so it is never done by itself."
        ),
        page=EDUCATION_PAGE,
        remedy=(
            "Correct the customer's data in Partner Center first. Then write `resubmitDenialOf` "
            "with the denial's vetting date at the Education entry, or accept `vetting-denied` "
            "in the manifest."
        ),
    ),
    Rule(
        id="resubmission-attempt",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="A denied Education is resubmitted",
        meaning="The message says which attempt of the three this is, as far as it can be counted.",
        why=(
            "Verification can be asked for at most three times per customer. The journal knows "
            "our own, the service's audit log those of the last 90 days; older ones, and those "
            "that it doesn't tell, are not counted."
        ),
        page=EDUCATION_PAGE,
        remedy="Correct the customer's data in Partner Center before this is applied.",
    ),
    Rule(
        id="resubmission-limit",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="Education was verified as often as it can be",
        meaning="The resubmission would be the fourth verification, so it is withheld.",
        why="Verification can be asked for at most three times per customer.",
        page=EDUCATION_PAGE,
        remedy=(
            "Ask Microsoft's support to look at the customer; remove `resubmitDenialOf`, or accept "
            "`resubmission-limit` in the manifest until it is settled."
        ),
    ),
    Rule(
        id="validation-code-exhausted",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="The validation code has no creates left",
        meaning="The service's list of codes says that this one is used up, so no create is sent.",
        why="A code is good for a limited number of customers, and each create uses it once.",
        page=GCC_PAGE,
        remedy="Ask for another code, and name where it is as `validationCodeFrom`.",
    ),
    Rule(
        id="vetting-unknown",
        category=Category.PENDING,
        severity=Severity.NOTE,
        title="The vetting status is not one that is known",
        meaning="The service tells a vetting status besides InReview, Approved and Denied.",
        why="The set of statuses is open, so a new one is neither success nor failure.",
        page=READ_PAGE,
        remedy="Look the customer up in Partner Center, and plan again later.",
    ),
    Rule(
        id="nonprofit-not-settable",
        category=Category.IMPOSSIBLE,
        severity=Severity.ERROR,
        title="Nonprofit can't be set",
        meaning="Nonprofit is declared, the customer doesn't have it, and no create gives it.",
        why=(
            "The service accepts Education, GovernmentCommunityCloud and StateOwnedEntity, and "
            "says that Nonprofit can't be set."
        ),
        page=UPDATE_PAGE,
        remedy="Remove the entry; declare it only for a customer that already has it.",
        validation_severity=Severity.WARNING,
    ),
    Rule(
        id="removal-not-supported",
        category=Category.IMPOSSIBLE,
        severity=Severity.ERROR,
        title="A qualification that is held can't be removed",
        meaning="The customer holds a qualification that the manifest leaves out.",
        why=(
            "The service has no call that removes or changes a qualification, and Education is "
            "documented as irreversible."
        ),
        page=UPDATE_PAGE,
        remedy=(
            "Declare the qualification, accept `removal-not-supported` in the manifest, or set "
            "`undeclared: ignore` in the policy for what is merely left out."
        ),
    ),
    Rule(
        id="education-gcc-exclusive",
        category=Category.IMPOSSIBLE,
        severity=Severity.ERROR,
        title="Education and GovernmentCommunityCloud exclude each other",
        meaning="The customer would have both, which it can't.",
        why=(
            "GovernmentCommunityCloud is documented for a customer without a qualification, and "
            "code that Microsoft published has the pair refused. Neither can be removed again."
        ),
        page=UPDATE_PAGE,
        remedy="Declare the one that is true of the customer and remove the other.",
        validation_severity=Severity.WARNING,
    ),
    Rule(
        id="gcc-over-denied-education",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="GovernmentCommunityCloud on a customer whose Education was denied",
        meaning="The step is planned, though a denied Education entry stands at the customer.",
        why=(
            "GovernmentCommunityCloud asks for a customer without a qualification. Whether a "
            "denied Education counts as one is not documented."
        ),
        page=UPDATE_PAGE,
        remedy="Be ready for a refusal; the report tells what the service answered.",
    ),
    Rule(
        id="gcc-after-soe",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="GovernmentCommunityCloud on a customer that has StateOwnedEntity",
        meaning="The step is planned, though the customer already holds StateOwnedEntity.",
        why=(
            "A customer may hold both, but GovernmentCommunityCloud asks for a customer without a "
            "qualification. Whether it is accepted afterwards is not documented."
        ),
        page=UPDATE_PAGE,
        remedy="Be ready for a refusal; the report tells what the service answered.",
    ),
    Rule(
        id="waits-for-gcc",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="StateOwnedEntity waits for GovernmentCommunityCloud",
        meaning=(
            "GovernmentCommunityCloud is declared too, but is neither live nor a step of this plan."
        ),
        why=(
            "GovernmentCommunityCloud asks for a customer without a qualification: with "
            "StateOwnedEntity first, it could be barred for good."
        ),
        page=UPDATE_PAGE,
        remedy="Clear what stands in the way of GovernmentCommunityCloud, or remove its entry.",
    ),
    Rule(
        id="education-segment-missing",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="Education needs an education segment",
        meaning="The create has to be sent, and the entry has no `educationSegment`.",
        why="The service requires the segment with every Education create and never tells it back.",
        page=UPDATE_PAGE,
        remedy="Add `educationSegment: K12` or `educationSegment: HigherEducation`.",
        validation_severity=Severity.WARNING,
    ),
    Rule(
        id="validation-code-missing",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="GovernmentCommunityCloud needs a validation code",
        meaning="The create has to be sent, and the entry names no code.",
        why="The service requires a validation code with every GovernmentCommunityCloud create.",
        page=UPDATE_PAGE,
        remedy="Add `validationCodeFrom: {env: NAME}` or `validationCodeFrom: {file: PATH}`.",
        validation_severity=Severity.WARNING,
    ),
    Rule(
        id="validation-code-not-checked",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="The validation code can't be read here",
        meaning="The step is planned, but where the plan was made its code is not at hand.",
        why="A pull request's pipeline should hold no codes; apply reads them before it writes.",
        page=OUR_DECISION,
        remedy="Make sure that the code is there where apply runs.",
    ),
    Rule(
        id="gcc-ends-commercial-sales",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="GovernmentCommunityCloud ends commercial sales to this customer",
        meaning="Once the step is sent, the customer can be sold GCC offers only.",
        why="The qualification can't be taken back, and each create uses up one use of the code.",
        page=GCC_PAGE,
        remedy="Approve the step only if the customer buys no commercial offers from you any more.",
    ),
    Rule(
        id="not-permitted-by-policy",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="The policy does not permit this create",
        meaning="`policy.permit` in the configuration leaves this qualification out.",
        why="The policy may narrow what is created, so that a manifest alone can't widen it.",
        page=OUR_DECISION,
        remedy="Add the qualification to `policy.permit`, or remove the entry.",
    ),
)

_CUSTOMERS: Final = (
    Rule(
        id="customer-mismatch",
        category=Category.BLOCKED,
        severity=Severity.ERROR,
        title="The customer's domain is not the declared one",
        meaning="`spec.domain` and the domain that the service tells for `customerId` differ.",
        why="A wrong id would give another customer a qualification that nothing can remove.",
        page=CUSTOMER_PAGE,
        remedy="Correct `customerId`, or `domain` if the customer's domain is really another.",
    ),
    Rule(
        id="account-status-blocks-purchases",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="The customer's account status blocks purchases",
        meaning=f"The account status is {name_statuses('or', may_purchase=False)}.",
        why="While it is, the service lets this customer buy nothing, qualified or not.",
        page=ACCOUNT_PAGE,
        remedy=(
            "Settle the account's validation in Partner Center; `policy.accountStatus` says "
            "whether this blocks, warns or is skipped."
        ),
    ),
    Rule(
        id="account-status-not-ready",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="It is open whether the customer can buy",
        meaning=(
            f"The account status is {name_statuses('or', may_purchase=None)}, or one that is not "
            "documented."
        ),
        why="The documentation lists it neither with those that block purchases nor with the rest.",
        page=ACCOUNT_PAGE,
        remedy="Look the customer up in Partner Center before you sell.",
    ),
    Rule(
        id="customer-agreement-missing",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="No Microsoft Customer Agreement is confirmed",
        meaning="Neither a confirmed agreement nor a direct signature is on record.",
        why="Both are read: a customer who signed directly can have an empty agreements list.",
        page=AGREEMENT_PAGE,
        remedy=(
            "Confirm the agreement in Partner Center; `policy.customerAgreement` says whether "
            "this blocks, warns or is skipped."
        ),
    ),
    Rule(
        id="not-checked",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="A side check could not be made",
        meaning="Domain, account status or agreement is not known for a customer with steps.",
        why=(
            "Account status and agreements want an app+user sign-in, some clouds lack the calls, "
            "and any call can fail."
        ),
        page=ACCOUNT_PAGE,
        remedy=(
            "Do what the finding says: each cause has its own way out. A check of the policy that "
            "you don't need may be set to skip."
        ),
    ),
    Rule(
        id="customer-not-found",
        category=Category.UNREADABLE,
        severity=Severity.ERROR,
        title="The service knows no such customer",
        meaning="Reading the customer's qualifications was answered with 404.",
        why="The service answers so for a tenant that it doesn't know. The plan is incomplete.",
        page=ERRORS_PAGE,
        remedy=(
            "Compare `customerId` with the Microsoft ID on the customer's account page. The "
            "embedded emulator knows the customers of its seed only: add a new one there."
        ),
    ),
    Rule(
        id="customer-unreadable",
        category=Category.UNREADABLE,
        severity=Severity.ERROR,
        title="The customer's qualifications could not be read",
        meaning="The call was refused or failed, so nothing is planned for this customer.",
        why="A customer that can't be read must never be taken for one that holds nothing.",
        page=ERRORS_PAGE,
        remedy="Mend what the message names and plan again; the other customers are planned.",
    ),
    Rule(
        id="customer-dropped",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="The customer is no longer declared",
        meaning="A manifest that the base of this change has is gone.",
        why="Dropping a manifest removes nothing: the service has no call that could.",
        page=UPDATE_PAGE,
        remedy="Nothing, if it is meant: what the customer holds it keeps, and nobody watches it.",
    ),
    Rule(
        id="unmanaged-customer",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="No manifest declares this customer",
        meaning="`plan --all-customers` found it in the partner's list.",
        why="What nobody declares nobody reviews: a wrong qualification there is never seen.",
        page=CUSTOMERS_PAGE,
        remedy="Run `reconciler export --all-customers` to write a manifest of what is live.",
    ),
    Rule(
        id="changed-outside",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="Who changed what differs",
        meaning="`plan --explain-drift` asked the service's audit log about this customer.",
        why=(
            "Portal users and marketplaces set qualifications too. The log has the operations of "
            "90 days, and Microsoft's own vetting decisions are none."
        ),
        page=AUDIT_PAGE,
        remedy="Ask whoever it names, then declare the qualification or accept the difference.",
    ),
    Rule(
        id="configuration-changed",
        category=Category.ADVISORY,
        severity=Severity.WARNING,
        title="The change touches the configuration",
        meaning="A key of the configuration has another value than at the base of this change, "
        "so every customer is planned, and by the new value.",
        why="The configuration decides which service is asked, what is permitted and what fails a "
        "run: who may change it may loosen every check of this plan.",
        page=OUR_DECISION,
        remedy="Have its code owners approve the value; else put the old one back.",
    ),
)

_REPORTS: Final = (
    Rule(
        id="planned-create",
        category=None,
        severity=Severity.NOTE,
        title="This qualification will be created",
        meaning="A step of the plan: apply will send this create, and nothing else for this entry.",
        why="A create can't be undone, so a reviewer must see it on the line that asks for it.",
        page=UPDATE_PAGE,
        remedy="Approve it, or change the manifest.",
    ),
    Rule(
        id="outcome-created",
        category=None,
        severity=Severity.NOTE,
        title="The qualification was created",
        meaning="The service confirmed the create; Education is then vetted.",
        why="A create is answered with 201, or with 200 by another reference of the service.",
        page=UPDATE_PAGE,
        remedy="Nothing; `status` shows how the vetting goes.",
    ),
    Rule(
        id="outcome-already-present",
        category=None,
        severity=Severity.NOTE,
        title="The qualification was there already",
        meaning="The customer, read again just before the write, held it: nothing was sent.",
        why="What is held is never created again.",
        page=OUR_DECISION,
        remedy="Nothing.",
    ),
    Rule(
        id="outcome-rejected",
        category=None,
        severity=Severity.ERROR,
        title="The service refused the create",
        meaning="The service said no, and nothing was created.",
        why="No page lists the codes of a refused create, so its answer is shown as it came.",
        page=UPDATE_PAGE,
        remedy="Mend what the message names, then plan and apply again.",
    ),
    Rule(
        id="outcome-unknown",
        category=None,
        severity=Severity.ERROR,
        title="It is not known whether the create happened",
        meaning="The answer was lost, and reading the customer back did not settle it.",
        why="Reads can lag behind writes, and a blind repeat could create twice or use up a code.",
        page=OUR_DECISION,
        remedy="Do what the message says; run apply again to let it look once more.",
    ),
    Rule(
        id="outcome-not-attempted",
        category=None,
        severity=Severity.ERROR,
        title="The create was not attempted",
        meaning="The step was left out, and the message says why; nothing was sent for it.",
        why=(
            "Apply sends only what the plan still truly describes, and stops a customer after "
            "its first failure."
        ),
        page=OUR_DECISION,
        remedy="Clear the reason in the message, then plan and apply again.",
    ),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        known.id: known
        for group in (_TEXT, _MANIFEST, _QUALIFICATIONS, _CUSTOMERS, _REPORTS)
        for known in group
    }
)

PLAN_RULES: Final = frozenset(known.id for known in RULES.values() if known.category is not None)
"""The rules that a plan raises; only these can be accepted by a manifest."""

VALIDATION_RULES: Final = frozenset(
    known.id for known in RULES.values() if known.validation_severity is not None
)
"""The rules that `validate` raises."""

REPORT_RULES: Final = frozenset(RULES) - PLAN_RULES - VALIDATION_RULES
"""Steps and outcomes, where a format calls everything by a rule; nothing raises these."""


def rule(rule_id: str) -> Rule:
    """Find the entry called `rule_id`; KeyError where there is none."""
    return RULES[rule_id]
