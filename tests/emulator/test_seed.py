"""The seed is read strictly, and no code is told."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.emulator.seed import read_seed
from reconciler.emulator.world import Element, ValidationCode, digest_of
from reconciler.model.errors import ConfigurationError
from reconciler.model.secret import Secret
from tests.emulator.worlds import CODE, EDUCATION, PLAIN, SPENT, seed

ID = {"id": PLAIN}


def test_every_key_of_the_contract_is_read() -> None:
    """The contract's sample customer keeps each thing it says."""
    customer = ID | {
        "name": "Contoso",
        "domain": "contoso.onmicrosoft.com",
        "qualifications": [{"qualification": "Education", "vettingStatus": "Approved"}],
        "accountStatus": "Allowed",
        "customerAgreement": True,
        "directSigned": True,
    }
    read = read_seed({"customers": [customer]}).customers[PLAIN]
    assert (read.name, read.domain) == ("Contoso", "contoso.onmicrosoft.com")
    assert read.qualifications.elements == (Element("Education", "Approved"),)
    assert (read.account_status, read.customer_agreement, read.direct_signed) == (
        "Allowed",
        True,
        True,
    )


def test_what_is_left_out_has_its_default() -> None:
    """A customer with an id alone has no status, no agreement and no qualification."""
    read = read_seed({"customers": [ID]}).customers[PLAIN]
    assert (read.name, read.domain, read.account_status) == (PLAIN, None, None)
    assert (read.customer_agreement, read.direct_signed, read.qualifications.elements) == (
        False,
        False,
        (),
    )


@pytest.mark.parametrize("customer", [{"name": "A"}, {"domain": "A"}])
def test_a_customer_is_called_by_what_there_is(customer: dict[str, str]) -> None:
    """Without a name the domain is the name."""
    assert read_seed({"customers": [ID | customer]}).customers[PLAIN].name == "A"


@pytest.mark.parametrize(
    "empty", [{}, {"customers": []}, {"customers": None, "validationCodes": None}]
)
def test_a_world_may_be_empty(empty: dict[str, object]) -> None:
    """A seed may come without a customer and without a code."""
    world = read_seed(empty)
    assert not world.customers
    assert not world.codes


def test_ids_are_kept_in_lower_case() -> None:
    """An id of the seed is found in lower case, however it was written."""
    assert PLAIN in read_seed(seed()).customers


def test_education_that_is_there_was_verified_once() -> None:
    """A seeded Education counts as one of the verifications of its customer."""
    customers = read_seed(seed()).customers
    assert customers[EDUCATION].qualifications.verifications == 1
    assert customers[PLAIN].qualifications.verifications == 0


@pytest.mark.parametrize("code", ["0123", 123, " 123 "])
def test_codes_are_text_known_by_their_digest(code: object) -> None:
    """Numbers as keys become text, white space goes, and the text is never shown."""
    codes = read_seed({"validationCodes": {code: 3}}).codes
    text = str(code).strip()
    assert codes[digest_of(text)] == ValidationCode(Secret(text), 3)
    assert "123" not in repr(codes[digest_of(text)])


WRONG: list[tuple[dict[str, object], str]] = [
    ({"customers": [ID, {"id": "12"}]}, "customers[1].id: is no GUID"),
    ({"customers": [{"name": "A"}]}, "customers[0].id is missing"),
    ({"customers": [ID | {"nmae": "A"}]}, "customers[0].nmae is not known here"),
    (
        {"customers": [ID, {"id": PLAIN.upper()}]},
        "invalid: customers[1].id is customers[0].id again",
    ),
    ({"customers": [ID | {"directSigned": "yes"}]}, "customers[0].directSigned"),
    ({"customers": [ID | {"name": 12}]}, "customers[0].name"),
    ({"customers": {}}, "customers"),
    (
        {"customers": [ID | {"qualifications": [{"qualification": "Education", "segment": 1}]}]},
        "customers[0].qualifications[0].segment is not known here",
    ),
    (
        {"customers": [ID | {"qualifications": ["Education", "education"]}]},
        "the qualification education is there twice",
    ),
    (
        {
            "customers": [
                ID | {"qualifications": [{"qualification": "Education", "vettingCreatedDate": "x"}]}
            ]
        },
        "customers[0].qualifications[0].vettingCreatedDate: is no date",
    ),
    ({"codes": {}}, "invalid: codes is not known here"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_what_is_wrong_is_refused_with_its_place(wrong: dict[str, object], told: str) -> None:
    """A wrong seed is refused, and the message names the place."""
    with pytest.raises(ConfigurationError) as refused:
        read_seed(wrong)
    assert told in refused.value.message
    assert refused.value.remedy


def test_a_seed_that_is_no_mapping_is_refused() -> None:
    """A list, as JSON may hold one, is told as such."""
    listed: Any = []
    with pytest.raises(ConfigurationError, match="invalid: the document is no mapping"):
        read_seed(listed)


@pytest.mark.parametrize(
    "codes",
    [
        {CODE: "many"},
        {CODE: -1},
        {CODE: True},
        {CODE: 1, int(CODE): 1},
        {CODE: 1, "": 1},
        {CODE: 1, True: 1},
        {CODE: 1, (CODE,): 1},
        [CODE],
        CODE,
    ],
)
def test_a_wrong_code_is_refused_and_never_told(codes: object) -> None:
    """The message about codes names the key validationCodes and no code."""
    with pytest.raises(ConfigurationError, match="validationCodes") as refused:
        read_seed({"validationCodes": codes})
    assert CODE not in refused.value.message + refused.value.remedy


def test_a_world_shows_no_code() -> None:
    """A printed world has no code in clear."""
    shown = repr(read_seed(seed()))
    assert CODE not in shown
    assert SPENT not in shown


def test_many_problems_are_listed_up_to_ten() -> None:
    """A message lists ten problems and tells how many more there are."""
    with pytest.raises(ConfigurationError) as refused:
        read_seed({"customers": [{"name": "A"}] * 12})
    assert "customers[9].id is missing; and 2 more" in refused.value.message
