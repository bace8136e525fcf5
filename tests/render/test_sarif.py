from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest
from sarif_pydantic import Sarif  # type: ignore[import-untyped]  # it ships no types

from reconciler.model.findings import Source, Validation
from reconciler.model.plan import Plan, Target
from reconciler.model.rules import RULES
from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from reconciler.render.sarif import LIMIT
from tests.render import hostile, samples

CONTEXT: Final = RenderContext(root="partners/emea", tool_version="0.1.0")


def run_of(text: str) -> dict[str, Any]:
    Sarif.model_validate_json(text)
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    run: dict[str, Any] = log["runs"][0]
    return run


def plan_run(plan: Plan, context: RenderContext = CONTEXT) -> dict[str, Any]:
    return run_of(render_plan("sarif", samples.document(plan), context))


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_hostile_text_stays_text(payload: str) -> None:
    """It is SARIF still, addresses are relative paths, and no message holds a link."""
    for text in (
        render_plan("sarif", hostile.plan_document(payload), CONTEXT),
        render_report("sarif", hostile.report(payload), CONTEXT),
        render_validation("sarif", hostile.validation(payload), CONTEXT),
    ):
        for result in run_of(text)["results"]:
            assert "](" not in result["message"]["text"]
            assert "\u202e" not in result["message"]["text"]
            for location in result.get("locations", []):
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                parts = urlsplit(uri)
                assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
                assert uri.isascii()


def test_steps_are_notes_on_their_lines() -> None:
    """A reviewer sees on the manifest's own line what will be created."""
    result = plan_run(samples.PLAN)["results"][0]
    assert (result["ruleId"], result["level"]) == ("planned-create", "note")
    assert result["message"]["text"] == (
        "contoso-unified-school-district: Education will be created (K12, contoso.edu)"
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {
                    "uri": "partners/emea/customers/contoso.yaml",
                    "uriBaseId": "%SRCROOT%",
                },
                "region": {"startLine": 9, "startColumn": 7},
            }
        }
    ]


@pytest.mark.parametrize(
    ("root", "file", "uri"),
    [
        ("", "customers/a.yaml", "customers/a.yaml"),
        ("infra", "a b#?%.yaml", "infra/a%20b%23%3F%25.yaml"),
        ("infra", "../customers/ü.yaml", "customers/%C3%BC.yaml"),
        ("", "c:/x.yaml", "c%3A/x.yaml"),
        ("infra", "\udcff.yaml", "infra/%FF.yaml"),
    ],
)
def test_addresses(root: str, file: str, uri: str) -> None:
    """An address leads from the git root and is percent-encoded, byte by byte."""
    step = replace(samples.STEPS[0], source=Source(file, 1, 1))
    run = plan_run(Plan(Target("emulator"), (step,)), RenderContext(root=root))
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert unquote(uri, errors="surrogateescape").endswith(file.removeprefix("../"))


def test_absolute_path() -> None:
    """A file outside of any repository is told by its absolute address."""
    step = replace(samples.STEPS[0], source=Source("/srv/a b.yaml", 1, 1))
    run = plan_run(Plan(Target("emulator"), (step,)))
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///srv/a%20b.yaml"}


@pytest.mark.parametrize(
    "text",
    [
        render_plan("sarif", samples.PLAN_DOCUMENT, CONTEXT),
        render_report("sarif", samples.REPORT, CONTEXT),
        render_validation("sarif", samples.VALIDATION, CONTEXT),
    ],
    ids=["plan", "report", "validation"],
)
def test_every_result_has_a_place(text: str) -> None:
    """GitHub refuses results without one (GH1015, "ProvideRequiredLocationProperties")."""
    for result in run_of(text)["results"]:
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_what_has_no_place_stands_at_the_configuration() -> None:
    """Its first line is the place of what is about no line."""
    results = plan_run(samples.PLAN, replace(CONTEXT, configuration="ours.yaml"))["results"]
    (unplaced,) = [result for result in results if result["ruleId"] == "not-checked"]
    place = unplaced["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "partners/emea/ours.yaml"
    assert place["region"]["startLine"] == 1


def test_information_uri() -> None:
    """The driver says where to read on, by an absolute address (SARIF 2.1.0, section 3.19.17)."""
    assert plan_run(samples.PLAN)["tool"]["driver"]["informationUri"].startswith("https://")


def test_no_more_results_than_code_scanning_takes() -> None:
    """Of too many the worst stay, and how many are left out is told in the invocation.

    The limit is GitHub's ("SARIF results exceed one or more limits"): the whole file is refused.
    """
    steps = samples.STEPS[:1] * LIMIT
    run = plan_run(replace(samples.PLAN, steps=steps))
    assert len(run["results"]) == LIMIT
    levels = [result["level"] for result in run["results"]]
    assert levels.count("error") == sum(one.severity == "error" for one in samples.FINDINGS)
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith(f"{len(samples.FINDINGS)} results more")


def test_rules_are_short_enough() -> None:
    """GitHub cuts ids at 255 and descriptions at 1,024 characters ("SARIF support")."""
    for known in RULES.values():
        assert len(known.id) <= 255
        assert max(len(known.title), len(known.meaning)) <= 1024


def test_levels() -> None:
    """Errors, warnings and notes keep their severity."""
    levels = {result["ruleId"]: result["level"] for result in plan_run(samples.PLAN)["results"]}
    assert levels["vetting-denied"] == "error"
    assert levels["gcc-ends-commercial-sales"] == "warning"
    assert levels["vetting-in-review"] == "note"


def test_rules_are_explained() -> None:
    """Each rule that is used comes with the catalogue's help, and results point at it."""
    run = plan_run(samples.PLAN)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert RULES[rule["id"]].remedy in rule["help"]["text"]
        assert RULES[rule["id"]].why in rule["help"]["markdown"]


def fingerprints(plan: Plan) -> list[str]:
    return [
        result["partialFingerprints"]["customerRuleQualification/v1"]
        for result in plan_run(plan)["results"]
    ]


def test_fingerprints_do_not_depend_on_lines() -> None:
    """A finding that moved in its file, or was reworded, is the same finding."""
    moved = replace(
        samples.PLAN,
        findings=tuple(
            replace(finding, source=finding.source and Source("other.yaml", 99, 1), message="x")
            if finding.customer_id
            else finding
            for finding in samples.PLAN.findings
        ),
    )
    assert fingerprints(moved) == fingerprints(samples.PLAN)


def test_fingerprints_differ() -> None:
    """No two results share one, not even two that tell the same."""
    twice = replace(samples.PLAN, findings=samples.PLAN.findings * 2)
    assert len(set(fingerprints(twice))) == len(fingerprints(twice))


def test_fingerprints_of_a_validation() -> None:
    """Diagnostics are told apart by file and message, and keep theirs when their line moves."""

    def of(validation: Validation) -> list[str]:
        run = run_of(render_validation("sarif", validation, CONTEXT))
        return [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]

    first, *others = samples.VALIDATION.diagnostics
    assert first.source is not None
    lower = replace(first, source=replace(first.source, line=70))
    moved = Validation(12, (lower, *others))
    assert of(moved) == of(samples.VALIDATION)
    assert len(set(of(moved))) == 3


@pytest.mark.parametrize("complete", [True, False])
def test_an_incomplete_plan_is_no_success(*, complete: bool) -> None:
    """The invocation says whether all was read."""
    run = plan_run(replace(samples.PLAN, complete=complete))
    assert run["invocations"] == [{"executionSuccessful": complete}]


def test_version_is_left_out_where_unknown() -> None:
    """Without a version the driver has none."""
    run = plan_run(samples.PLAN, RenderContext())
    assert "version" not in run["tool"]["driver"]
