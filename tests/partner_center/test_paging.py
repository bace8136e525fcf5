"""The list of customers: its pages, its end, and the ways in which a list can't be trusted."""

from __future__ import annotations

import pytest

from reconciler.model.errors import CallRefused, UnreadableAnswer
from reconciler.model.state import CustomerId, CustomerSummary
from reconciler.partner_center.calls import ServiceAnswer
from reconciler.partner_center.paging import customers
from tests.partner_center.answers import answer

Json = dict[str, object]


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


def item(number: int) -> Json:
    profile = {"domain": f"d{number}.example", "companyName": f"Company {number}"}
    return {"id": customer_id(number), "companyProfile": profile, "relationshipToPartner": "x"}


def page(*numbers: int, **more: object) -> Json:
    return {"items": [item(each) for each in numbers], **more}


def link(uri: str, token: str | None = None) -> Json:
    headers = [] if token is None else [{"key": "MS-ContinuationToken", "value": token}]
    return {"next": {"uri": uri, "method": "GET", "headers": headers}, "self": {"uri": "/x"}}


def read_all(*answers: ServiceAnswer | Json) -> tuple[list[int], list[str]]:
    """Feed the answers to a listing: the customers it tells, and the targets it asks for."""
    listing, numbers, targets = customers(), list[int](), list[str]()
    for each in answers:
        call = listing.next_call
        assert call is not None
        targets.append(f"{call.target} {call.continuation}" if call.continuation else call.target)
        given = each if isinstance(each, ServiceAnswer) else answer(200, each)
        numbers += [int(one.customer_id[-12:]) for one in listing.take(call, given)]
    assert listing.next_call is None
    return numbers, targets


FIRST = "/v1/customers?size=500"
NEXT = "/v1/customers?size=500&seekOperation=next"


def test_one_page_without_a_next_is_the_whole_list() -> None:
    """The first page is asked for with its size; without a token or link it is the last."""
    assert read_all(page(1, 2, totalCount=2)) == ([1, 2], [FIRST])
    assert read_all(page()) == ([], [FIRST])
    assert read_all(page(1, continuationToken="", links={"next": None})) == ([1], [FIRST])


def test_a_summary_tells_id_name_and_domain() -> None:
    """The id in lower case, the name on one line, the domain where there is one."""
    sent = {
        "Items": [
            {
                "Id": customer_id(7).upper(),
                "CompanyProfile": {"CompanyName": "A\nB", "Domain": "d"},
            },
            {"id": customer_id(8), "companyProfile": None},
        ]
    }
    listing = customers()
    assert listing.next_call is not None
    assert listing.take(listing.next_call, answer(200, sent)) == (
        CustomerSummary(customer_id(7), "A B", "d"),
        CustomerSummary(customer_id(8), "", None),
    )


def test_a_token_leads_to_the_next_page() -> None:
    """The next page is asked for with seekOperation=next and the token, until none is sent."""
    pages = (page(1, continuationToken="a"), page(2, continuationToken="b"), page(3))
    assert read_all(*pages) == ([1, 2, 3], [FIRST, f"{NEXT} a", f"{NEXT} b"])


@pytest.mark.parametrize("prefix", ["", "/v1", "https://api.partnercenter.microsoft.com/v1"])
def test_a_link_may_begin_with_v1_or_not(prefix: str) -> None:
    """Of a link, its query and its token count; where it points otherwise makes no difference."""
    linked = page(1, links=link(f"{prefix}/customers?size=9&seekOperation=Next", "a"))
    target = "/v1/customers?size=9&seekOperation=Next a"
    assert read_all(linked, page(2)) == ([1, 2], [FIRST, target])


def test_a_link_without_a_token_takes_that_of_the_page() -> None:
    """The token is in the link's headers or in the page; a link may carry all in its query."""
    linked = page(1, links=link("/customers?size=9"), continuationToken="t")
    assert read_all(linked, page(2))[1] == [FIRST, "/v1/customers?size=9 t"]
    linked = page(1, links=link("/customers?page=2"))
    assert read_all(linked, page(2))[1] == [FIRST, "/v1/customers?page=2"]


def test_400_with_2000_ends_a_list_and_begins_none() -> None:
    """On a further page it has been read as "no more records"; on the first it is a refusal."""
    no_more = answer(400, {"code": 2000, "description": "no more"})
    assert read_all(page(1, continuationToken="a"), no_more)[0] == [1]
    with pytest.raises(CallRefused):
        read_all(no_more)
    with pytest.raises(CallRefused):
        read_all(page(1, continuationToken="a"), answer(400, {"code": 2001}))


def test_a_customer_on_two_pages_is_told_once() -> None:
    """Pages can overlap when customers come and go meanwhile."""
    assert read_all(page(1, 2, continuationToken="a"), page(2, 3))[0] == [1, 2, 3]


@pytest.mark.parametrize(
    "pages",
    [
        (page(1, continuationToken="a"), page(2, continuationToken="a")),
        (page(1, links=link("/customers?size=500")),),
        tuple(page(1, continuationToken=str(number)) for number in range(200)),
        tuple(page(continuationToken=str(number)) for number in range(200)),
    ],
    ids=["same token", "back to the first", "nothing new", "nothing at all"],
)
def test_pages_that_lead_in_a_circle_are_an_error(pages: tuple[Json, ...]) -> None:
    """A list whose pages never end is no list."""
    with pytest.raises(UnreadableAnswer, match="in a circle"):
        read_all(*pages)


@pytest.mark.parametrize(
    "pages",
    [
        (page(1, totalCount=2),),
        (page(1, totalCount=3, continuationToken="a"), page(2, totalCount=3)),
    ],
)
def test_a_list_that_is_cut_off_is_an_error(pages: tuple[Json, ...]) -> None:
    """Fewer customers than the service counts: the list is not whole."""
    with pytest.raises(UnreadableAnswer, match="it tells of"):
        read_all(*pages)


def test_a_count_of_each_page_is_not_taken_for_that_of_all() -> None:
    """Whether totalCount is of the page or of all is not documented: both are whole lists."""
    assert read_all(page(1, totalCount=1, continuationToken="a"), page(2, totalCount=1))[0] == [
        1,
        2,
    ]


@pytest.mark.parametrize(
    "sent",
    [
        page(1, links=link("https://elsewhere.example/path")),
        page(1, links=link("/v1/customers/x/qualifications")),
        page(1, links=link("/customers?a=b c")),
        page(1, links=link("/customers?x", "line\r\nbreak")),
        page(1, continuationToken="\u00fc"),
        page(1, continuationToken=5),
        {"items": [{"id": "1"}]},
        {"items": None},
        {},
        [],
    ],
)
def test_a_page_that_cannot_be_trusted_is_an_error(sent: Json) -> None:
    """Links elsewhere, tokens that no header can carry, items without a GUID: not understood."""
    with pytest.raises(UnreadableAnswer):
        read_all(sent)
