"""The partner's lists: customers by a filter, validation codes with the creates they have left."""

from __future__ import annotations

import json

import pytest

from tests.emulator.worlds import CODE, MADE_GCC, PLAIN, SPENT, Desk, wire


def named(desk: Desk, **said: str) -> list[str]:
    page = wire(desk.get("/v1/customers", filter=json.dumps(said)))
    return [item["companyProfile"]["companyName"] for item in page["items"]]


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("CompanyName", "pl", ["Plain School"]),
        ("companyname", "", ["Plain School", "Taught", "Governed", "Owned", "Refused", "Nobody"]),
        ("Domain", "PLAIN.", ["Plain School"]),
        ("Domain", "onmicrosoft", []),
    ],
)
def test_customers_are_filtered_by_how_a_field_starts(
    field: str, value: str, names: list[str]
) -> None:
    """starts_with is the one operator, and case doesn't matter."""
    for operator in ("starts_with", "STARTS_WITH"):
        assert named(Desk(), Field=field, Value=value, Operator=operator) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CompanyName",
        '{"Field": "CompanyName", "Value": "P"}',
        '{"Field": "CompanyName", "Value": "P", "Operator": "substring"}',
        '{"Field": "Qualification", "Value": "P", "Operator": "starts_with"}',
    ],
)
def test_another_filter_is_refused(text: str) -> None:
    """What is no filter of this list is 400, and never the whole list."""
    assert Desk().get("/v1/customers", filter=text).status == 400


def test_a_filtered_list_counts_what_it_keeps() -> None:
    """totalCount is of the customers that match."""
    prefix = {"Field": "CompanyName", "Value": "plain", "Operator": "starts_with"}
    assert wire(Desk().get("/v1/customers", filter=json.dumps(prefix)))["totalCount"] == 1


def test_validations_tell_the_creates_left() -> None:
    """Each code is its own validationId, and shows its creates, spent ones taken off."""
    desk = Desk()
    desk.post(PLAIN, MADE_GCC)
    items = wire(desk.get("/v1/customers/all/validations"))
    left = {item["validationId"]: (item["maxCreates"], item["remainingCreates"]) for item in items}
    assert left == {CODE: (2, 1), SPENT: (0, 0)}
    assert {"partnerId", "organizationName"} <= items[0].keys()
