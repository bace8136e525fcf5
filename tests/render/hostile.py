"""Plans, reports and validations in which every text that others write is hostile.

Each payload holds MARK, so that a test can find where foreign text came out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.model.findings import (
    Category,
    Diagnostic,
    Finding,
    Severity,
    Source,
    Validation,
    Vetting,
)
from reconciler.model.plan import (
    ApplyReport,
    BasisEntry,
    Outcome,
    Plan,
    PlanDocument,
    Selection,
    Step,
    StepResult,
    Summary,
    Target,
)
from reconciler.model.state import CodeReference, CustomerId, EducationSegment, Qualification
from tests.render.samples import MADE

MARK: Final = "pwned"

PAYLOADS: Final = {
    "script": f"<script>document.title='{MARK}'</script><img src=x onerror={MARK}()>",
    "closing": f"</title></style></script>--></code></summary></details>{MARK}\"'>",
    "attribute": f"\" onmouseover='{MARK}()' x=\"",
    "template": f"{{{{ {MARK} }}}}{{% for x in y %}}",
    "pipes": f"a | {MARK} \\| b \\\\| c |\n|---|---|\n| x | y |",
    "backticks": f"``` {MARK}`` x ` y ``` z",
    "only backticks": f"```{MARK}```",
    "markdown": f"](https://{MARK}.example) ![x](http://{MARK}.example/x.png) **{MARK}** <!--",
    "links": f"https://{MARK}.example www.{MARK}.example {MARK}@{MARK}.example [a](b)",
    "mentions": f"@{MARK} #123 !123 org/{MARK}#5 GH-7 AB#9 :{MARK}:",
    "github": f"::error file=x,line=1::{MARK}\n::set-output name={MARK}::1\r\n::stop-commands::x",
    "azure": f"##vso[task.setvariable variable={MARK}]1\n##[section]{MARK} ##VSO[x] ###vso[y];z=1]",
    "lines": f"{MARK}\n\nNothing to create.\r\nPlan: 0 to create\u2028x\u2029y\x85z\x0b\x0c",
    "headings": f"# {MARK}\n- x\n> y\n1. z\n    code\n<details open>",
    "bidi": f"\u202e{MARK}\u202c \u2066x\u2069 \u200f\u200e\u061c\u200b\ufeff\U000e0041",
    "ansi": f"\x1b[2J\x1b[31m{MARK}\x1b]8;;http://x\x07y\x9b1A\x00\x08\x7f",
    "percent": f"%0A::error::{MARK} %25 %AZP25 %3B &#10; &lt;b&gt; \\u000a",
    "surrogate": f"\ud800{MARK}\udfff\ufffe\uffff\udcff",
    "xml": f"]]><!ENTITY x '{MARK}'>&x;<![CDATA[ <?xml?> -->",
    "empty inside": f" {MARK} ",
    "megabyte": MARK + "<|`@##vso[::error::\n\u202e\x1b[" * 50_000,
}


def plan_document(payload: str, copies: int = 1) -> PlanDocument:
    """Make a plan of `copies` customers whose every foreign text is `payload`."""
    source = Source(payload, 3, 5)
    customers = [CustomerId(f"{number:08}-{payload}") for number in range(copies)]
    plan = Plan(
        target=Target(payload, payload),
        steps=tuple(_step(customer, payload, source) for customer in customers),
        findings=tuple(
            _finding(customer, payload, source, category)
            for category in Category
            for customer in customers
        ),
        basis=MappingProxyType({one: (BasisEntry(payload, payload),) for one in customers}),
        summary=Summary(customers=copies, steps=copies, denied=copies),
        complete=False,
        selection=Selection(payload, payload, (payload, payload), payload),
    )
    return PlanDocument(plan, payload, MADE, "0.1.0")


def _step(customer: CustomerId, payload: str, source: Source) -> Step:
    return Step(
        customer,
        payload,
        Qualification.EDUCATION,
        source,
        EducationSegment.K12,
        website=payload,
        validation_code_from=CodeReference(file=payload),
    )


def _finding(customer: CustomerId, payload: str, source: Source, category: Category) -> Finding:
    severity = Severity.NOTE if category is Category.PENDING else Severity.ERROR
    return Finding(
        rule=payload if category is Category.ADVISORY else "vetting-denied",
        category=category,
        severity=Severity.WARNING if category is Category.ADVISORY else severity,
        message=payload,
        remedy=payload,
        customer_id=customer,
        name=payload,
        qualification=payload,
        source=source,
        live=Vetting(payload, payload, MADE),
    )


def report(payload: str) -> ApplyReport:
    """Make a report of every outcome whose every foreign text is `payload`."""
    results = (
        StepResult(
            CustomerId(payload),
            payload,
            Qualification.EDUCATION,
            outcome,
            payload,
            payload,
            payload,
            payload,
            payload,
        )
        for outcome in Outcome
    )
    return ApplyReport(payload, MADE, MADE, tuple(results))


def validation(payload: str) -> Validation:
    """Make a validation whose every foreign text is `payload`."""
    source = Source(payload, 3, 5)
    return Validation(
        1,
        (
            Diagnostic("unknown-key", Severity.ERROR, payload, payload, source),
            Diagnostic("unknown-key", Severity.WARNING, payload, payload),
        ),
    )
