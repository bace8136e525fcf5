"""Whatever is answered to whatever call: an error by name, no traceback, nobody taken for empty."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.errors import ServiceError
from reconciler.model.plan import Create
from reconciler.model.secret import KnownSecrets
from reconciler.model.state import Qualification
from reconciler.partner_center import calls, wire
from reconciler.partner_center.body import read_body
from reconciler.partner_center.calls import ServiceAnswer
from reconciler.partner_center.paging import customers
from tests.partner_center.answers import CODE, CORRELATION, CUSTOMER

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.partner_center.calls import Call

EDUCATION: Final = Create(CUSTOMER, Qualification.EDUCATION)
READERS: Final[dict[str, tuple[Call, Callable[[Call, ServiceAnswer], object]]]] = {
    "qualifications": (calls.qualifications_call(CUSTOMER), wire.read_qualifications),
    "create": (calls.create_call(EDUCATION), partial(wire.read_created, create=EDUCATION)),
    "customer": (calls.customer_call(CUSTOMER), wire.read_customer_domain),
    "account status": (calls.account_status_call(CUSTOMER), wire.read_account_status),
    "agreements": (calls.agreements_call(CUSTOMER), wire.read_agreements),
    "direct signature": (calls.direct_signature_call(CUSTOMER), wire.read_direct_signature),
    "customers": (calls.customers_call(), lambda call, said: customers().take(call, said)),
}

GOOD: Final = {
    "qualifications": '[{"qualification": "Education", "vettingStatus": "Approved"}]',
    "create": '{"qualification": "Education", "vettingStatus": "InReview"}',
    "customer": f'{{"id": "{CUSTOMER}", "companyProfile": {{"domain": "a.example"}}}}',
    "account status": '{"type": "account", "status": "Allowed"}',
    "agreements": '{"items": [{"type": "MicrosoftCustomerAgreement"}], "totalCount": 1}',
    "direct signature": '{"isSigned": true}',
    "customers": f'{{"items": [{{"id": "{CUSTOMER}"}}], "totalCount": 1}}',
}

STRANGE: Final[tuple[object, ...]] = (
    *("", "\0", " ", "null", "true", "0", "-", "1e999", "NaN", '"', '""', "{", "}", "[", "]", "{}"),
    *("[null]", "[[]]", "[0]", "[{}]", "[{},{}]", '[""]', '{"":{}}', '{"items":{}}', "<html>"),
    *('{"items":[null]}', '{"items":null}', '{"error":"x"}', "[]garbage", "[] []", "//[]", "[,]"),
    *("'[]'", "[01]", '["\x01"]', "﻿﻿[]", '"\\ud800"', '[{"qualification":"\\ud800"}]', "undefined"),
    *("[" * 100_000, '{"a":' * 100_000, "[" + "{}," * 300_000 + "{}]", "9" * 100_000),
    *(b"\xff\xfe[\0]\0", b"\xff" * 100, b"\x1f\x8b\x08\0", bytes(range(256)), b"\xef\xbb\xbf"),
    *({"id": 1}, {"status": {}}, {"isSigned": 1}, {"items": [{"type": 1}]}, {"items": [{"id": 1}]}),
    *({"type": None}, {"items": [[]]}, {"qualification": []}, [{"qualification": {}}], [1.5], 7),
)


def bent(good: str) -> dict[str, str]:
    """A good answer that was cut off, glued, doubled, or stands in something else."""
    name = good.partition('": ')[0] + '": '
    return {
        "cut off": good[:-1],
        "cut off early": good[: len(good) // 2],
        "glued": good + good,
        "quoted": json.dumps(good),
        "in a list": f"[{good}]",
        "in an object": f'{{"value": {good}}}',
        "doubled": good.replace("{", name.lstrip("[") + "null, ", 1),
        "doubled in another case": good.replace("{", name.lstrip("[").upper() + "null, ", 1),
    }


def read(kind: str, body: object, content_type: str = "application/json") -> object:
    call, reader = READERS[kind]
    match body:
        case bytes():
            sent = body
        case str():
            sent = body.encode("utf-8", "surrogatepass")
        case _:
            sent = json.dumps(body).encode()
    content = read_body(sent, call.most_values, KnownSecrets(CODE))
    return reader(call, ServiceAnswer(200, {"content-type": content_type}, content, CORRELATION))


@pytest.mark.parametrize("kind", READERS)
def test_the_good_answers_are_good(kind: str) -> None:
    """Else all that follows would be refused for nothing."""
    assert read(kind, GOOD[kind])


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("body", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_answer_is_an_error_by_name(kind: str, body: object) -> None:
    """Binary, broken, nested, endless, of another shape: each is a ServiceError."""
    with pytest.raises(ServiceError, match="can't be understood"):
        read(kind, body)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("how", sorted(bent("")))
def test_a_bent_answer_is_an_error_by_name(kind: str, how: str) -> None:
    """Nor is anything read out of a good answer that came broken."""
    with pytest.raises(ServiceError, match="can't be understood"):
        read(kind, bent(GOOD[kind])[how])


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("content_type", ["text/html", "", "application/octet-stream", "json"])
def test_a_good_answer_of_another_type_is_an_error_by_name(kind: str, content_type: str) -> None:
    """A sign-in page may hold anything."""
    with pytest.raises(ServiceError, match="can't be understood"):
        read(kind, GOOD[kind], content_type)
