"""Claims about saved plans: what was edited, is hostile or of another version is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.documents.digest import digest_of, plan_digest
from reconciler.documents.plan_file import load_plan, load_plan_or_report, save_plan
from reconciler.documents.plan_model import plan_to_document
from reconciler.documents.report_model import report_to_document
from reconciler.model.errors import PlanRefused, StateError
from reconciler.model.plan import ApplyReport, Outcome, Plan, PlanDocument, StepResult
from reconciler.model.state import Qualification
from tests.worlds import (
    CLAIM,
    CONTOSO,
    DENIED_ON,
    SOE,
    TARGET,
    customer,
    denied,
    education,
    live,
    plan_one,
)

if TYPE_CHECKING:
    from pathlib import Path

MADE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def plan() -> Plan:
    """Make a plan with steps, findings and a basis."""
    desired = customer(education(resubmit=DENIED_ON), SOE)
    return plan_one(desired, live(denied(), "Charity OnHold"))


def document_of(made: Plan) -> PlanDocument:
    return PlanDocument(made, plan_digest(made), MADE, "0.1.0")


def written() -> Any:
    """Write the plan as plain data, as any other program would read it."""
    return json.loads(json.dumps(plan_to_document(document_of(plan()))))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans") / "plan.json"


def put(file: Path, document: object) -> Path:
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def redigested(document: Any) -> Any:
    """Do what a careful forger does: write the digest of what now stands there."""
    return document | {"digest": digest_of(document)}


def why_refused(file: Path) -> str:
    with pytest.raises(PlanRefused) as refused:
        load_plan(file)
    assert str(file) in refused.value.message
    assert refused.value.remedy
    return refused.value.message


@pytest.mark.parametrize("made", [plan(), Plan(TARGET)])
def test_saved_and_loaded(tmp_path: Path, made: Plan) -> None:
    """A saved plan loads as it was."""
    file = tmp_path / "plan.json"
    save_plan(file, document_of(made))
    assert load_plan(file) == load_plan_or_report(file) == document_of(made)


def test_raw_utf8(tmp_path: Path) -> None:
    """Text is written as it is, for people to read."""
    desired = replace(customer(SOE), name="学校")
    save_plan(tmp_path / "plan.json", document_of(plan_one(desired, live())))
    assert '"name": "学校"' in (tmp_path / "plan.json").read_text(encoding="utf-8")


COVERED: Final = ("target", "steps", "basis")
Place = tuple[str | int, ...]


def places(value: Any, place: Place) -> list[Place]:
    """List every place below `value`; a step's own `source` is not covered by the digest."""
    if isinstance(value, dict):
        keys = [key for key in value if not (place[:1] == ("steps",) and key == "source")]
        return [place, *(each for key in keys for each in places(value[key], (*place, key)))]
    if isinstance(value, list):
        parts = (places(item, (*place, index)) for index, item in enumerate(value))
        return [place, *(each for part in parts for each in part)]
    return [place]


def at(document: Any, place: Place) -> Any:
    for part in place:
        document = document[part]
    return document


COVERED_PLACES: Final = [each for part in COVERED for each in places(written()[part], (part,))]


def test_there_are_many_places_to_edit() -> None:
    """The plan that is edited below has something of everything."""
    assert len(COVERED_PLACES) > 20


@pytest.mark.parametrize("place", COVERED_PLACES, ids=str)
@pytest.mark.parametrize("new", [None, "x", 7, True, [], {}, [{}], {"x": 1}, 1.5], ids=repr)
def test_replaced(file: Path, place: Place, new: object) -> None:
    """Whatever of target, steps or basis is replaced, the plan is refused."""
    document = written()
    if at(document, place) != new:
        at(document, place[:-1])[place[-1]] = new
        why_refused(put(file, document))


@pytest.mark.parametrize("place", COVERED_PLACES, ids=str)
def test_removed(file: Path, place: Place) -> None:
    """Whatever of target, steps or basis is removed, the plan is refused."""
    document = written()
    del at(document, place[:-1])[place[-1]]
    why_refused(put(file, document))


@pytest.mark.parametrize("place", COVERED_PLACES, ids=str)
def test_added(file: Path, place: Place) -> None:
    """Whatever is added to target, steps or basis, the plan is refused."""
    document = written()
    value = at(document, place)
    if isinstance(value, dict):
        value["added"] = None
    elif isinstance(value, list):
        value.append(value[0])
    else:
        return
    assert "edited" in why_refused(put(file, document)) or place == ("basis",)


@CLAIM
@given(st.sampled_from(COVERED_PLACES), st.text())
def test_any_text_edited(file: Path, place: Place, text: str) -> None:
    """No other text gets through, however alike it looks."""
    document = written()
    if isinstance(at(document, place), str) and at(document, place) != text:
        at(document, place[:-1])[place[-1]] = text
        why_refused(put(file, document))


def test_steps_swapped(file: Path) -> None:
    """The order of steps is part of what apply will do."""
    document = written()
    document["steps"].reverse()
    assert "edited" in why_refused(put(file, document))


ELSEWHERE: Final[list[tuple[Place, object]]] = [
    (("createdAt",), "2030-01-01T00:00:00Z"),
    (("unheardOf",), {"of": ["anything"]}),
    (("tool", "version"), "99.0"),
    (("tool", "commit"), "abc"),
    (("complete",), False),
    (("selection", "shard"), "1/2"),
    (("selection",), {}),
    (("summary", "steps"), 0),
    (("summary", "new"), 0),
    (("findings",), []),
    (("findings", 0, "message"), "all is well"),
    (("findings", 0, "new"), None),
    (("steps", 0, "source"), None),
    (("steps", 0, "source", "line"), 900),
    (("steps", 0, "source", "new"), 1),
    (("formatVersion",), "1.9"),
    (("formatVersion",), "1.12.3"),
]


@pytest.mark.parametrize(("place", "new"), ELSEWHERE, ids=str)
def test_edited_elsewhere(file: Path, place: Place, new: object) -> None:
    """What the digest does not cover may differ: a newer minor version, properties unknown here."""
    document = written()
    at(document, place[:-1])[place[-1]] = new
    loaded = load_plan(put(file, document))
    assert loaded.plan.steps[1:] == plan().steps[1:]
    assert loaded.digest == plan_digest(plan())


@pytest.mark.parametrize("name", ["selection"])
def test_may_be_left_out(file: Path, name: str) -> None:
    """A plan that does not say how it was narrowed loads."""
    document = written()
    del document[name]
    assert load_plan(put(file, document)).plan.steps == plan().steps


def test_unknown_property_of_a_step(file: Path) -> None:
    """A step's unknown property counts for the digest, and is ignored by this version."""
    document = written()
    document["steps"][0]["priority"] = "high"
    assert "edited" in why_refused(put(file, document))
    loaded = load_plan(put(file, redigested(document)))
    assert loaded.plan == plan()
    assert loaded.digest != plan_digest(plan())


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "2", "", "v1.0", "1x.0", "one"])
def test_other_major_version(file: Path, version: str) -> None:
    """Another major version is refused, and named."""
    document = written() | {"formatVersion": version}
    assert f"its formatVersion is {version}" in why_refused(put(file, document))


@pytest.mark.parametrize("version", [None, 1, 1.0, ["1.0"], {}])
def test_no_version(file: Path, version: object) -> None:
    """A version that is no text is none."""
    assert "formatVersion" in why_refused(put(file, written() | {"formatVersion": version}))


@pytest.mark.parametrize("name", ["Nonprofit", "None", "education", "Charity", "", None, 1])
def test_step_that_can_not_be_created(file: Path, name: object) -> None:
    """A plan with a step that can't be created is refused, whatever its digest says."""
    document = written()
    document["steps"][0]["qualification"] = name
    assert "steps.0.qualification" in why_refused(put(file, redigested(document)))


@pytest.mark.parametrize(
    ("place", "new"),
    [
        (("kind",), "ApplyReport"),
        (("kind",), "Status"),
        (("digest",), None),
        (("createdAt",), "yesterday"),
        (("createdAt",), "2026-01-02T03:04:05"),
        (("createdAt",), "0001-01-01T00:00:00+14:00"),
        (("complete",), None),
        (("steps",), {}),
        (("steps", 0), "Education"),
        (("steps", 0, "customerId"), None),
        (("steps", 0, "educationSegment"), "K11"),
        (("steps", 0, "validationCodeFrom"), "CONTOSO_CODE"),
        (("steps", 0, "resubmitDenialOf"), "2025-11-03T09:30:00.885"),
        (("steps", 0, "resubmitDenialOf"), "2025-11-03"),
        (("steps", 0, "source"), "customers/contoso.yaml:9:7"),
        (("findings", 0, "category"), "fine"),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "live", "vettingCreatedDate"), "0001-01-01T00:00:00+14:00"),
        (("basis",), []),
        (("basis", CONTOSO), {}),
        (("basis", CONTOSO, 0), "Education"),
        (("summary",), None),
        (("target",), "emulator"),
        (("target", "address"), None),
    ],
    ids=str,
)
def test_wrong_kinds(file: Path, place: Place, new: object) -> None:
    """A value of the wrong kind is refused by its place, also under a digest that fits."""
    document = written()
    at(document, place[:-1])[place[-1]] = new
    assert ".".join(str(part) for part in place) in why_refused(put(file, document))


@pytest.mark.parametrize(
    "name", ["kind", "digest", "createdAt", "tool", "target", "complete", "summary", "findings"]
)
def test_missing(file: Path, name: str) -> None:
    """A plan without one of its parts is refused by the part's name."""
    document = written()
    del document[name]
    assert name in why_refused(put(file, document))


DEEP: Final = 200_000


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not JSON",
        b"{",
        b"[]",
        b"null",
        b'"plan"',
        b"\xff\xfe\x00",
        b"\x80\x81",
        b"kind: Plan",
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"9" * 5000,
        b'{"formatVersion": "1.0", "x": NaN}',
        b'{"formatVersion": "1.0", "x": -Infinity}',
    ],
    ids=lambda text: str(text[:30]),
)
def test_no_json(tmp_path: Path, text: bytes) -> None:
    """What is not a JSON object is refused, however large or deep."""
    file = tmp_path / "plan.json"
    file.write_bytes(text)
    assert "it is not" in why_refused(file)
    with pytest.raises(PlanRefused):
        load_plan_or_report(file)


def spoiled(old: str, new: str) -> str:
    """Put raw JSON text where `json.dumps` would never write it."""
    document = written()
    document["steps"][0]["new"] = document["findings"][0]["new"] = "HERE"
    text = json.dumps(document)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "1e999", '"\\ud800"', '{"\\udfff": 1}', '{"a":' * 5000 + "1" + "}" * 5000],
    ids=lambda value: str(value[:20]),
)
def test_json_that_is_none(file: Path, value: str) -> None:
    """Numbers that are none, half characters and bottomless depth in a step are refused."""
    file.write_text(spoiled('"HERE"', value), encoding="utf-8")
    why_refused(file)


EVERY_PLACE: Final = places(written(), ())


@pytest.mark.parametrize("place", EVERY_PLACE, ids=str)
def test_half_a_character(file: Path, place: Place) -> None:
    """A lone surrogate in any text is refused, also where no digest covers it."""
    document = written()
    if isinstance(at(document, place), str):
        at(document, place[:-1])[place[-1]] = "half \ud83d"
        why_refused(put(file, document))


def test_nothing_there(tmp_path: Path) -> None:
    """A file that isn't there, and a folder, are refused by name."""
    assert "can't be read" in why_refused(tmp_path / "plan.json")
    assert "can't be read" in why_refused(tmp_path)


def test_report(tmp_path: Path) -> None:
    """A report loads where one may be, and never as a plan."""
    result = StepResult(CONTOSO, "contoso", Qualification.SOE, Outcome.UNKNOWN, message="look")
    report = ApplyReport("sha256:0", MADE, MADE, (result,))
    file = put(tmp_path / "report.json", report_to_document(report) | {"unheardOf": 1})
    assert load_plan_or_report(file) == report
    assert "kind" in why_refused(file)
    with pytest.raises(PlanRefused, match=r"formatVersion is 2\.0"):
        load_plan_or_report(put(file, report_to_document(report) | {"formatVersion": "2.0"}))


def test_edited_plan_is_not_shown(file: Path) -> None:
    """An edited plan is not even shown."""
    document = written()
    document["steps"].pop()
    with pytest.raises(PlanRefused, match="edited"):
        load_plan_or_report(put(file, document))


def test_not_written(tmp_path: Path) -> None:
    """Where nothing can be written, that is said by name and nothing is left behind."""
    with pytest.raises(StateError, match="nowhere"):
        save_plan(tmp_path / "nowhere" / "plan.json", document_of(plan()))
    taken = tmp_path / "taken"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(StateError, match="taken"):
        save_plan(taken, document_of(plan()))
    assert list(tmp_path.iterdir()) == [taken]


def test_loading_changes_nothing(file: Path) -> None:
    """Loading a plan does not touch its file."""
    before = put(file, written()).read_bytes()
    load_plan(file)
    assert file.read_bytes() == before


def test_the_same_create_twice(file: Path) -> None:
    """A plan that holds a create twice is refused, also with a digest that fits."""
    document = written()
    document["steps"].append(document["steps"][0])
    assert "the same create twice" in why_refused(put(file, redigested(document)))
