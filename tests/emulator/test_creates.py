"""POST creates what the service permits, once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.creates import CreateRules, in_milliseconds, reviewed_anew, with_element
from reconciler.emulator.routing import Request
from reconciler.emulator.seed import read_seed
from reconciler.emulator.vetting import VettingDecision, VettingRequest, vet
from reconciler.emulator.world import CustomerQualifications, Element
from reconciler.model.secret import Secret
from tests.emulator.worlds import (
    CODE,
    DENIED,
    DENIED_DATE,
    EDUCATION,
    GCC,
    MADE_GCC,
    MADE_K12,
    MADE_SOE,
    NOW,
    NOW_TEXT,
    PLAIN,
    SOE,
    SPENT,
    UNQUALIFIED,
    Desk,
    qualifications_of,
    wire,
)

K12 = {"qualification": "Education", "educationSegment": "K12"}


def deny(desk: Desk, customer: str) -> None:
    request = VettingRequest(customer, "Education", VettingDecision.DENY)
    desk.changes = vet(read_seed(desk.seed), desk.changes, request, desk.now)


def test_education_is_created_in_review() -> None:
    """POST spells its date vettingCreateDate, GET the same instant vettingCreatedDate."""
    desk = Desk()
    answer = desk.post(PLAIN, MADE_K12)
    review = {"qualification": "Education", "vettingStatus": "InReview"}
    assert (answer.status, wire(answer)) == (201, review | {"vettingCreateDate": NOW_TEXT})
    assert desk.held(PLAIN) == [review | {"vettingCreatedDate": NOW_TEXT}]


def test_gcc_is_created_approved() -> None:
    """GCC is approved at once, its date has seven digits and +00:00, in POST as in GET."""
    desk = Desk()
    answer = desk.post(PLAIN, MADE_GCC)
    created = {
        "qualification": "GovernmentCommunityCloud",
        "vettingStatus": "Approved",
        "vettingCreateDate": "2026-03-04T05:06:07.1234567+00:00",
    }
    assert (answer.status, wire(answer), desk.held(PLAIN)) == (201, created, [created])


def test_soe_is_created_without_vetting() -> None:
    """StateOwnedEntity has no vetting fields."""
    desk = Desk()
    answer = desk.post(PLAIN, MADE_SOE)
    assert (answer.status, wire(answer), desk.held(PLAIN)) == (201, MADE_SOE, [MADE_SOE])


@pytest.mark.parametrize(
    ("customer", "body", "names"),
    [
        (SOE, K12, ["StateOwnedEntity", "Education"]),
        (SOE, MADE_GCC, ["StateOwnedEntity", "GovernmentCommunityCloud"]),
        (EDUCATION, MADE_SOE, ["Education", "StateOwnedEntity"]),
        (GCC, MADE_SOE, ["GovernmentCommunityCloud", "StateOwnedEntity"]),
        (DENIED, MADE_GCC, ["Education", "GovernmentCommunityCloud"]),
        (UNQUALIFIED, MADE_SOE, ["StateOwnedEntity"]),
    ],
)
def test_valid_sets_come_about(customer: str, body: object, names: list[str]) -> None:
    """SOE goes with either, GCC over SOE and over a denied Education; None gives way."""
    desk = Desk()
    assert desk.post(customer, body).status == 201
    assert [element["qualification"] for element in desk.held(customer)] == names


@pytest.mark.parametrize(("customer", "body"), [(EDUCATION, MADE_GCC), (GCC, K12)])
def test_education_and_gcc_exclude_each_other(customer: str, body: object) -> None:
    """The pair is refused, whichever is held, with a bare JSON string; no use is taken."""
    desk = Desk()
    before = desk.held(customer)
    answer = desk.post(customer, body)
    assert (answer.status, wire(answer)) == (400, "Customer tagging denied.")
    assert desk.held(customer) == before
    assert not desk.changes.uses


@pytest.mark.parametrize(("customer", "body"), [(EDUCATION, K12), (GCC, MADE_GCC), (SOE, MADE_SOE)])
def test_what_is_held_is_not_created_again(customer: str, body: object) -> None:
    """A duplicate is 409 and leaves everything as it was."""
    desk = Desk()
    before = desk.held(customer)
    assert desk.post(customer, body).status == 409
    assert desk.held(customer) == before


def test_education_in_review_is_held() -> None:
    """A second Education while the first is in review is 409."""
    desk = Desk()
    desk.post(PLAIN, K12)
    assert desk.post(PLAIN, K12).status == 409


def test_a_denial_may_be_resubmitted() -> None:
    """Denied becomes InReview, without its reason, at a new date."""
    desk = Desk()
    assert desk.post(DENIED, K12).status == 201
    assert desk.held(DENIED) == [
        {
            "qualification": "Education",
            "vettingStatus": "InReview",
            "vettingCreatedDate": NOW_TEXT,
        }
    ]


def test_education_is_verified_three_times_at_most() -> None:
    """After the third denial Education can't be asked for again."""
    desk = Desk()
    statuses = []
    for _ in range(4):
        statuses.append(desk.post(PLAIN, K12).status)
        deny(desk, PLAIN)
    assert statuses == [201, 201, 201, 400]


instants = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(instants, instants)
def test_a_new_vetting_is_always_later(denied: datetime, now: datetime) -> None:
    """A resubmission's date is after the denial's, even where the clock is behind."""
    element = {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingCreatedDate": denied.isoformat(),
    }
    desk = Desk({"customers": [{"id": PLAIN, "qualifications": [element]}]}, now=now)
    desk.post(PLAIN, K12)
    (held,) = desk.held(PLAIN)
    assert datetime.fromisoformat(held["vettingCreatedDate"]) > denied


@pytest.mark.parametrize("code", ["000000", SPENT, f" {CODE}"])
def test_a_code_that_is_unknown_or_spent_is_refused(code: str) -> None:
    """Such a create is 400, takes no effect, and the code isn't told."""
    desk = Desk()
    answer = desk.post(PLAIN, MADE_GCC | {"validationCode": code})
    assert (answer.status, wire(answer)["code"]) == (400, "InvalidValidationCode")
    assert code not in answer.body
    assert desk.held(PLAIN) == []


def test_each_create_takes_one_use_of_its_code() -> None:
    """A code with two uses makes two customers GCC, and no third."""
    desk = Desk()
    statuses = [desk.post(customer, MADE_GCC).status for customer in (PLAIN, SOE, UNQUALIFIED)]
    assert statuses == [201, 201, 400]


@pytest.mark.parametrize(
    "body", [{"qualification": "Nonprofit"}, {"qualification": "None"}, {"qualification": "X"}, []]
)
def test_nothing_else_can_be_set(body: object) -> None:
    """What isn't creatable is 400."""
    desk = Desk()
    assert desk.post(PLAIN, body).status == 400
    assert desk.held(PLAIN) == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=utf-8", 201),
        ("", 415),
        ("text/plain", 415),
        ("application/json-patch+json", 415),
    ],
)
def test_a_create_says_that_it_is_json(content_type: str, status: int) -> None:
    """A client that loses the header would be refused by the service; nothing is created."""
    desk = Desk()
    body = json.dumps(MADE_SOE).encode()
    posted = Request("POST", qualifications_of(PLAIN), "r", "c", Secret("user"), body=body)
    assert desk.ask(replace(posted, content_type=content_type)).status == status
    assert bool(desk.held(PLAIN)) is (status == 201)


@pytest.mark.parametrize("body", [K12, MADE_GCC, MADE_SOE, {"qualification": "Nonprofit"}])
def test_the_same_request_id_gives_the_first_answer_again(body: object) -> None:
    """A repeat answers the same, later and in another case too, and has no second effect."""
    desk = Desk()
    first = desk.post(PLAIN, body, "0000-aaaa")
    desk.now += timedelta(days=1)
    changed = desk.changes
    second = desk.post(PLAIN, body, "0000-AAAA")
    assert (second.status, second.body) == (first.status, first.body)
    assert desk.changes == changed


@pytest.mark.parametrize(("customer", "body"), [(SOE, MADE_GCC), (PLAIN, K12 | {"website": "a.b"})])
def test_a_request_id_is_of_one_customer_and_body(customer: str, body: object) -> None:
    """The same id with another customer or body is another request."""
    desk = Desk()
    first = desk.post(PLAIN, K12, "same")
    second = desk.post(customer, body, "same")
    assert second.body != first.body


def test_request_ids_may_go_unhonoured() -> None:
    """Without idempotency the repeat of a create is refused as a duplicate."""
    desk = Desk(rules=CreateRules(honour_request_id=False))
    assert [desk.post(PLAIN, K12, "same").status for _ in range(2)] == [201, 409]


def test_duplicates_may_be_accepted() -> None:
    """Without idempotency and without the check of duplicates, a repeat takes effect twice."""
    desk = Desk(rules=CreateRules(honour_request_id=False, refuse_duplicates=False))
    assert [desk.post(PLAIN, MADE_GCC, "same").status for _ in range(2)] == [201, 201]
    assert len(desk.changes.audit_records) == 2
    assert list(desk.changes.uses.values()) == [2]


def test_what_is_kept_has_no_code() -> None:
    """The changes of a GCC create show no code in clear."""
    desk = Desk()
    desk.post(PLAIN, MADE_GCC)
    assert CODE not in repr(desk.changes)


VALID = [
    set(),
    {"Education"},
    {"GovernmentCommunityCloud"},
    {"StateOwnedEntity"},
    {"Education", "StateOwnedEntity"},
    {"GovernmentCommunityCloud", "StateOwnedEntity"},
]


def held_names(elements: Any) -> set[str]:
    return {e["qualification"] for e in elements if e.get("vettingStatus") != "Denied"} - {"None"}


@settings(max_examples=40)
@given(st.lists(st.sampled_from([K12, MADE_GCC, MADE_SOE, "deny"]), max_size=8), st.data())
def test_posts_never_leave_the_valid_sets(steps: list[Any], data: st.DataObject) -> None:
    """Whatever is posted and denied, what is held stays a valid set and grows by 201 alone."""
    desk = Desk()
    customer = data.draw(st.sampled_from([PLAIN, EDUCATION, GCC, SOE, DENIED, UNQUALIFIED]))
    for step in steps:
        before = held_names(desk.held(customer))
        if step == "deny":
            if "Education" in before:
                deny(desk, customer)
            continue
        status = desk.post(customer, step).status
        after = held_names(desk.held(customer))
        assert (status == 201) == (after == before | {step["qualification"]} and after != before)
        assert after in VALID


def test_the_denied_date_of_the_seed_is_kept_until_then() -> None:
    """A denied customer shows its denial's date until it is resubmitted."""
    assert Desk().held(DENIED)[0]["vettingCreatedDate"] == DENIED_DATE


OWNED = Element("StateOwnedEntity")


def test_a_denial_without_a_date_is_reviewed_from_now() -> None:
    """Without a former vetting date the new one is now."""
    element = reviewed_anew(Element("Education", "Denied", "why"), NOW)
    assert element == Element("Education", "InReview", vetting_created_date=NOW_TEXT)


def test_gcc_in_review_keeps_its_spelling_of_the_date() -> None:
    """GCC is dated vettingCreateDate, in review too."""
    element = reviewed_anew(Element("GovernmentCommunityCloud", "Approved"), NOW)
    assert element.vetting_create_date == "2026-03-04T05:06:07.1234567+00:00"
    assert element.vetting_created_date is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2020-12-03T10:37:38.885Z", True),
        ("2021-05-06T19:59:56.6832021+00:00", True),
        ("2020-12-04T20:54:24Z", True),
        ("2020-12-04T20:54:24", True),
        (None, False),
    ],
)
def test_every_spelling_of_a_date_is_read(text: str | None, told: bool) -> None:
    """The spellings of the service's pages are read; a missing date is none."""
    since = Element("Education", vetting_created_date=text).vetted_since
    assert (since is not None and since.tzinfo is not None) == told


def test_milliseconds_are_always_told() -> None:
    """A whole second is spelled with its milliseconds too."""
    assert in_milliseconds(NOW.replace(microsecond=0)) == "2026-03-04T05:06:07.000Z"


def test_a_namesake_gives_way_in_its_place() -> None:
    """The order of the others stays, in whatever case the name was."""
    before = CustomerQualifications((Element("education", "Denied"), OWNED))
    element = Element("Education", "InReview")
    assert with_element(before, element).elements == (element, OWNED)
    assert with_element(CustomerQualifications((OWNED,)), element).elements == (OWNED, element)
