from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.model.findings import Severity
from reconciler.model.rules import rule
from reconciler.render.entries import Entry
from reconciler.render.groups import by_rule

ENTRY: Final = Entry(
    "denied", "vetting-denied", Severity.ERROR, "Education was denied", "mend it", name="contoso"
)
OTHER: Final = replace(ENTRY, name="fabrikam", qualification="Education")


def test_one_message_is_the_headline() -> None:
    """What all say is said once; none has words of its own."""
    (group,) = by_rule([ENTRY, OTHER])
    assert group.headline == ENTRY.message
    assert [group.own_words(entry) for entry in group.entries] == ["", ""]


def test_other_words_stay_with_their_customer() -> None:
    """Where messages differ the rule's title is the headline, and no message is lost."""
    (group,) = by_rule([ENTRY, replace(OTHER, message="Education was denied yesterday")])
    assert group.headline == rule("vetting-denied").title
    assert [group.own_words(entry) for entry in group.entries] == [
        "Education was denied",
        "Education was denied yesterday",
    ]


def test_another_remedy_is_another_group() -> None:
    """No customer is told to do what another one should."""
    groups = by_rule([ENTRY, replace(OTHER, remedy="wait"), ENTRY])
    assert [(group.remedy, len(group.entries)) for group in groups] == [("mend it", 2), ("wait", 1)]


def test_qualification_is_named_once() -> None:
    """It is told with the customer unless the words beside it tell it."""
    (group,) = by_rule([OTHER])
    assert group.subject(OTHER) == "fabrikam"
    silent = replace(OTHER, message="no")
    (group,) = by_rule([silent])
    assert group.subject(silent) == "fabrikam Education"
    assert group.subject(replace(ENTRY, name="")) == "all customers"


def test_customers_are_counted_once() -> None:
    """A customer with two findings of a rule is one customer."""
    twice = [replace(ENTRY, customer_id=number) for number in ("1", "1", "2", "")]
    (group,) = by_rule(twice)
    assert group.customers == 2
