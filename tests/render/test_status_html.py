"""The estate page: self-contained, small, safe, and its filter and search in the address."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerId,
    LiveCustomer,
    LiveQualification,
    SideChecks,
    UnreadableCustomer,
)
from reconciler.model.status import CustomerStatus, StatusReport
from reconciler.render.context import RenderContext
from reconciler.render.formats import render_status
from tests.render import hostile
from tests.render.test_html import BROWSER, browse

if TYPE_CHECKING:
    from pathlib import Path

READ_AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FINE: Final = SideChecks(None, CustomerAccount("Allowed"), CustomerAgreement(confirmed=True))
DENIED: Final = LiveQualification("Education", "Denied", "Not an Education Customer", READ_AT)


def customer(number: int, *live: LiveQualification, name: str = "") -> CustomerStatus:
    return CustomerStatus(
        CustomerId(f"14876998-c0dc-46e6-9d0c-{number:012}"),
        name or f"customer-{number}",
        LiveCustomer(live),
        FINE,
        may_purchase=True,
        explanation="its account status is Allowed",
    )


UNREAD: Final = CustomerStatus(
    CustomerId("14876998-c0dc-46e6-9d0c-99999999aaaa"),
    "gone",
    UnreadableCustomer(not_found=True, message="there is no such tenant", remedy=""),
    SideChecks(),
    may_purchase=None,
    explanation="its account status was not asked for",
)


def page(*customers: CustomerStatus) -> str:
    report = StatusReport("https://api.partnercenter.microsoft.com", READ_AT, customers)
    return render_status("html", report, RenderContext())


def data_of(text: str) -> list[list[object]]:
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: list[list[object]] = json.loads(found[1])
    return data


def test_each_state_has_its_colour() -> None:
    """Denied is worst; a status that nobody documented is never shown as fine."""
    text = page(
        customer(1, DENIED, LiveQualification("StateOwnedEntity")),
        customer(2, LiveQualification("Education", "InReview")),
        customer(3, LiveQualification("GovernmentCommunityCloud")),
        customer(4, LiveQualification("Education", "OnHold")),
        customer(5),
        UNREAD,
    )
    states = [each[2] for each in data_of(text)]
    assert states == ["denied", "review", "held", "odd", "none", "unread"]


def test_ten_thousand_customers_are_less_than_two_megabytes() -> None:
    """As a page, with every tenth of them denied and so with advice."""
    many = (customer(n, *[DENIED][: n % 10 == 0], name=f"a-customer-{n}") for n in range(10_000))
    assert len(page(*many).encode()) < 2_000_000


def test_it_loads_nothing_and_permits_nothing_but_itself() -> None:
    """No address but those of names; the policy names the page's own style and script by hash."""
    text = page(customer(1))
    assert not re.search(r"""(src|href)=|@import|url\(""", text)
    assert "default-src 'none'" in text
    assert "script-src 'sha256-" in unescape(text)


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_no_text_ends_the_data(payload: str) -> None:
    """Whatever a name or a reason holds stays text within the data."""
    denied = LiveQualification("Education", "Denied", payload, READ_AT)
    text = page(customer(1, denied, name=payload or "x"))
    assert len(re.findall(r"</script>", text)) == 2
    assert len(data_of(text)) == 1


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", "Showing 3 of 3"),
        ("#q=customer-2", "Showing 1 of 3"),
        ("#state=denied", "Showing 1 of 3"),
        ("#q=not+an+education&state=denied,none", "Showing 1 of 3"),
        ("#q=nobody", "Showing 0 of 3"),
    ],
)
def test_filter_and_search_come_from_the_address(tmp_path: Path, address: str, shown: str) -> None:
    """Whoever is sent the address sees what was meant; the script runs under its policy."""
    text = page(
        customer(1, DENIED), customer(2, LiveQualification("StateOwnedEntity")), customer(3)
    )
    assert f'<output id="told">{shown}</output>' in browse(text, tmp_path, address)
