"""What the authority's refusals mean."""

from __future__ import annotations

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.msal_errors import explain, tidy
from tests.partner_center.sign_in.authority_errors import REFUSALS, refusal_body


@pytest.mark.parametrize(
    ("code", "meaning", "way_out"),
    [
        (700082, "refresh token has expired or was revoked", "signs in again with MFA"),
        (70008, "refresh token has expired or was revoked", "signs in again with MFA"),
        (50173, "refresh token has expired or was revoked", "signs in again with MFA"),
        (50076, "lacks multi-factor authentication", "completes MFA"),
        (50079, "lacks multi-factor authentication", "completes MFA"),
        (53003, "Conditional Access blocks", "policies"),
        (50158, "Conditional Access blocks", "policies"),
        (7000215, "client secret is wrong", "AZURE_CLIENT_SECRET"),
        (7000222, "client secret has expired", "new client secret"),
        (65001, "consented", "grants consent"),
        (700016, "isn't known in this tenant", "AZURE_CLIENT_ID"),
        (90002, "tenant doesn't exist", "AZURE_TENANT_ID"),
        (700213, "no federated credential", "subject"),
        (70021, "no federated credential", "audience"),
        (700025, "application is public", "unset AZURE_CLIENT_SECRET"),
        (7000218, "must prove who it is", "allow public client flows"),
        (50105, "isn't assigned", "assign the user"),
        (70020, "nobody entered the code", "login` again"),
        (9002313, "the authority refused", "AADSTS error codes"),
    ],
)
def test_each_refusal_is_a_sentence_with_its_way_out(code: int, meaning: str, way_out: str) -> None:
    """With the AADSTS code, the correlation id and the authority's own words."""
    body = refusal_body(code)
    failure = explain(body)
    assert meaning in failure.message
    assert f"AADSTS{code}" in failure.message
    assert str(body["correlation_id"]) in failure.message
    assert failure.message.count("AADSTS") == 1
    assert way_out in failure.remedy
    assert "Trace ID" not in failure.message
    assert "@" not in failure.message


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ("70000 70008 70043 50132 50133 50173 700082 700084", "expired or was revoked"),
        ("50072 50074 50076 50078 50079", "lacks multi-factor"),
        ("50005 50097 50158 53000 53001 53002 53003 53004 53009 53011", "Conditional Access"),
        ("530003 530032", "Conditional Access"),
        ("50012 50027 700023 700024 700027 700030", "certificate or assertion"),
        ("65001 65004 650057 90094", "consented"),
        ("700016 7000112 7000229", "application isn't known"),
        ("90002 900021 900023", "tenant doesn't exist"),
        ("70021 700211 700212 700213", "federated credential"),
        ("7000218 7000216", "must prove who it is"),
        ("500011 65005", "Partner Center isn't known"),
        ("70016 70019 70020", "entered the code in time"),
    ],
)
def test_each_code_has_its_meaning(codes: str, meaning: str) -> None:
    """The codes are those of Microsoft's page of AADSTS error codes."""
    for code in codes.split():
        assert meaning in explain({"error_codes": [int(code)]}).message


def test_every_refusal_that_the_fake_knows_is_explained() -> None:
    """None of them ends in an empty sentence."""
    for code in REFUSALS:
        failure = explain(refusal_body(code))
        assert failure.message
        assert failure.remedy


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "invalid_grant"}, "expired or was revoked (invalid_grant)"),
        ({"error": "invalid_client"}, "credential is not accepted (invalid_client)"),
        ({"error": "authorization_declined"}, "declined (authorization_declined)"),
        ({"error": "teapot", "error_description": "I am\r\n\x1b[31mshort"}, "I am [31mshort"),
        ({"error": "x", "error_codes": [7000215]}, "client secret is wrong (AADSTS7000215)"),
        ({"error": "x", "error_codes": ["7"]}, "refused (x)"),
        ({"error": 7, "error_description": ["x"]}, "refused (7)"),
        ({}, "refused (no reason)"),
    ],
)
def test_a_refusal_without_a_code_goes_by_its_name(answer: dict[str, object], said: str) -> None:
    """Proxies and other authorities answer in OAuth's plain words, or in none."""
    assert said in explain(answer).message


def test_no_piece_of_a_secret_is_repeated() -> None:
    """The authority sometimes says back what it was sent, whole or cut."""
    secret = Secret("planted~secret-0123456789")
    words = f"got '{secret.reveal()}', that is planted~sec..., or ...0123456789; short: plant"
    failure = explain({"error": "x", "error_description": words}, [secret])
    assert "planted" not in failure.message
    assert "23456" not in failure.message
    assert "short: plant" in failure.message


@pytest.mark.parametrize(
    "words", ["eyJhbGciOi.eyJ0aWQ.sig", "0.AX" + "q" * 80, "admin@contoso.example", "a" * 5000]
)
def test_nothing_like_a_token_or_an_address_is_repeated(words: str) -> None:
    """Even where nobody knew that it was one; and the words are bounded."""
    assert tidy(f"see '{words}' here", ()) == "see '***' here"
    assert len(tidy("word " * 1000, ())) < 310


@given(st.text(), st.text(ascii_letters + digits, min_size=8, max_size=40))
def test_no_text_gets_a_secret_through(text: str, secret: str) -> None:
    """Whatever surrounds it."""
    assert secret not in tidy(f"{text}{secret}{text}", [Secret(secret)])


def test_a_secret_that_begins_like_another_is_blanked_whole() -> None:
    """In whichever order they are known."""
    short, long = Secret("planted-12"), Secret("planted-123-end")
    for secrets in ([short, long], [long, short]):
        assert tidy("got planted-123-end, planted-12.", secrets) == f"got {'*' * 15}, {'*' * 10}."
