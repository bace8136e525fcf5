from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from markdown_it import MarkdownIt

from reconciler.model.plan import Against, Plan, Selection, Target
from reconciler.model.rules import RULES
from reconciler.render.formats import RenderContext, render_plan, render_report
from reconciler.render.markdown import PLAN_MARKER, REPORT_MARKER, code
from reconciler.render.source_links import SourceLinks
from tests.render import hostile, samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

CONTEXT: Final = RenderContext()
LINKED: Final = RenderContext(sources=SourceLinks("https://host/blob/{path}#L{line}"))
OUR_HTML: Final = re.compile(
    r"(<!-- reconciler:(plan|apply) -->\n?|<br>|</?details( open)?>\n?"
    r"|<summary><strong>[a-z ]+</strong>: [\w ,]+</summary>\n?)+"
)


def tokens(text: str) -> Iterable[Token]:
    """Parse as a pull-request comment is parsed, and list every token, inline ones too."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def outputs(payload: str) -> list[str]:
    return [
        render_plan("markdown", hostile.plan_document(payload, copies=2), CONTEXT),
        render_report("markdown", hostile.report(payload), CONTEXT),
    ]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_foreign_text_stands_in_code_spans_only(payload: str) -> None:
    """Nothing foreign is markup, HTML, a mention, a reference, a link or a picture."""
    for text in outputs(payload):
        for token in tokens(text):
            assert token.type not in {"link_open", "image", "fence", "code_block", "hr"}
            if token.type in {"html_block", "html_inline"}:
                assert OUR_HTML.fullmatch(token.content)
            if token.type == "text":
                assert hostile.MARK not in token.content
                assert not set(token.content) & set("@#<>[]|")


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_structure_does_not_depend_on_foreign_text(payload: str) -> None:
    """A hostile plan has the same headings, rows, cells, items and blocks as a harmless one."""
    for text, harmless in zip(outputs(payload), outputs("harmless"), strict=True):
        blocks = [token.type for token in tokens(text) if token.block]
        assert blocks == [token.type for token in tokens(harmless) if token.block]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_nothing_hidden_reorders_the_text(payload: str) -> None:
    """Reordering and unseen characters are shown by their code points."""
    for text in outputs(payload):
        assert not set(text) & set("\u202e\u202c\u2066\u2069\u200f\u200e\u061c\u200b\ufeff\x1b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``x", "``` ``x ```"),
    ],
)
def test_code(text: str, expected: str) -> None:
    """A code span is fenced by more backticks than its text holds."""
    assert code(text) == expected


def test_marker_comes_first() -> None:
    """A pipeline finds its comment by the first line."""
    plan = render_plan("markdown", samples.PLAN_DOCUMENT, CONTEXT)
    assert plan.splitlines()[0] == PLAN_MARKER == "<!-- reconciler:plan -->"
    report = render_report("markdown", samples.REPORT, CONTEXT)
    assert report.splitlines()[0] == REPORT_MARKER == "<!-- reconciler:apply -->"


@pytest.mark.parametrize("copies", [400, 1000])
@pytest.mark.parametrize("payload", ["quite-short", "x" * 300, "🎓" * 300, "`|" * 300])
def test_fits_into_a_comment(payload: str, copies: int) -> None:
    """Whatever the size, it stays under what GitHub takes, and says what it cut."""
    text = render_plan("markdown", hostile.plan_document(payload, copies), CONTEXT)
    assert len(text.encode("utf-16-le")) / 2 < 65_536
    assert re.search(r"\*\*Cut: .*\d+ findings? more than fit into a comment\.\*\*", text)
    assert re.search(r"^Digest: `", text, re.MULTILINE)
    assert "`reconciler apply PLAN --expect-digest" in text.splitlines()[-1]


def test_steps_are_cut_last() -> None:
    """Findings give way to steps, and what is told is told whole."""
    text = render_plan("markdown", hostile.plan_document("customer", 600), CONTEXT)
    rows = [line for line in text.splitlines() if line.startswith("| + ")]
    assert len(rows) == 600
    assert all(row.count(" | ") == 4 and row.endswith(" |") for row in rows)
    many = render_plan("markdown", hostile.plan_document("customer", 2000), CONTEXT)
    told = many.count("\n| + ")
    assert f"Cut: {2000 - told:,} steps and 12,000 findings more" in many
    assert "<details" not in many


def test_a_rule_is_told_once() -> None:
    """What customers share stands once above them, unless each finding is asked for by itself."""
    document = hostile.plan_document("harmless", copies=3)
    text = render_plan("markdown", document, CONTEXT)
    assert text.count("· `vetting-denied` (3 customers)<br>") == 5
    assert text.count("  - **`harmless`**") == 18
    long = render_plan("markdown", document, RenderContext(verbose=True))
    assert long.count("· `vetting-denied`<br>") == 15


def test_places_link_to_the_reviewed_commit() -> None:
    """Where the pipeline tells its commit, the place of a step and of a finding is a link."""
    text = render_plan("markdown", samples.PLAN_DOCUMENT, LINKED)
    address = "https://host/blob/customers/northwind.yaml#L8"
    assert f"[`customers/northwind.yaml:8:7`]({address})" in text
    assert "[`customers/litware college.yaml:8:7`](https://host/blob/customers/litware%20" in text


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_links_lead_nowhere_else(payload: str) -> None:
    """A hostile file name neither ends its link nor begins another."""
    for token in tokens(render_plan("markdown", hostile.plan_document(payload), LINKED)):
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://host/blob/")
        if token.type == "text":
            assert hostile.MARK not in token.content


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (samples.PLAN, "After the merge, an admin applies it"),
        (Plan(Target("emulator")), "There is nothing to apply."),
        (
            replace(samples.PLAN, selection=Selection(against=Against("live.json"))),
            "so it can't be applied",
        ),
    ],
)
def test_it_ends_with_how_it_is_applied(plan: Plan, words: str) -> None:
    """A reviewer reads what happens next, and by whom; the command is there where one helps."""
    text = render_plan("markdown", samples.document(plan), CONTEXT)
    ending = text.split("**How it is applied.** ")[1]
    assert words in ending
    assert ("`reconciler apply PLAN --expect-digest sha256:" in ending) is (plan is samples.PLAN)


def test_a_cut_group_is_closed() -> None:
    """A group that lost entries still ends, so that what follows is outside of it."""
    text = render_plan("markdown", hostile.plan_document("x" * 150, 40), CONTEXT)
    assert "Cut: " in text
    assert text.count("<details") == text.count("</details>") > 0


def test_our_own_remedies_hold_no_markup_but_code() -> None:
    """The catalogue's sentences may stand in a comment as they are."""
    for known in RULES.values():
        outside = re.sub(r"`[^`]*`", "", known.remedy)
        assert not set(outside) & set("`<>|*_#@[]\\&")
