"""What a token says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.audit import Actor
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.claims import Claims, TokenKind, read_actor, read_claims
from tests.partner_center.sign_in.fake_authority import unsigned_jwt


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"idtyp": "app", "scp": "x"}, TokenKind.APP_ONLY),
        ({"roles": ["Read"]}, TokenKind.APP_ONLY),
        ({"oid": "a", "sub": "a"}, TokenKind.APP_ONLY),
        ({"oid": "a", "sub": "b"}, TokenKind.UNKNOWN),
        ({"scp": "user_impersonation"}, TokenKind.APP_AND_USER),
        ({"scp": "user_impersonation", "roles": ["Admin"]}, TokenKind.APP_AND_USER),
        ({"idtyp": "user"}, TokenKind.APP_AND_USER),
        ({}, TokenKind.UNKNOWN),
    ],
)
def test_the_kind_comes_from_the_claims(claims: dict[str, object], kind: TokenKind) -> None:
    """An application's token has no user in it; a user's has a scope."""
    assert read_claims(Secret(unsigned_jwt(claims))).kind is kind


@pytest.mark.parametrize(
    ("methods", "mfa"),
    [(["pwd", "mfa"], True), (["pwd"], False), ([], False), (None, None), ("mfa", None)],
)
def test_mfa_is_told_only_where_the_token_tells(methods: object, *, mfa: bool | None) -> None:
    """A missing `amr` is not an answer."""
    assert read_claims(Secret(unsigned_jwt({"amr": methods}))).mfa is mfa


def test_the_tenant_is_read() -> None:
    """And nothing of who the person is."""
    claims = read_claims(Secret(unsigned_jwt({"tid": "t", "upn": "planted@contoso.example"})))
    assert claims == Claims(TokenKind.UNKNOWN, "t")
    assert "planted" not in repr(claims)


@pytest.mark.parametrize(
    "text", ["", "opaque", "a.b", "a.b.c", "a.W10.c", "a.W" + "1" * 9 + ".c", "é.é.é", "a.b.c.d"]
)
def test_what_is_no_readable_jwt_says_nothing(text: str) -> None:
    """It is used as it is; what it may do, the service says."""
    assert read_claims(Secret(text)) == Claims()


def test_a_deeply_nested_payload_says_nothing() -> None:
    """A token made to exhaust the reader is just unreadable."""
    deep: object = []
    for _ in range(500):
        deep = [deep]
    text = unsigned_jwt({"x": deep}).split(".")[1]
    assert read_claims(Secret(f"a.{text}.c")).kind is TokenKind.UNKNOWN


@given(st.text(), st.text(), st.text())
def test_no_text_makes_it_fail(one: str, two: str, three: str) -> None:
    """Whatever stands where a token should, reading it raises nothing."""
    read_claims(Secret(f"{one}.{two}.{three}"))


@given(
    st.dictionaries(
        st.sampled_from(["idtyp", "scp", "roles", "oid", "sub", "tid", "aud", "exp", "amr"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_no_claims_make_it_fail(claims: dict[str, object]) -> None:
    """Claims of the wrong type are as good as none."""
    assert read_claims(Secret(unsigned_jwt(claims))).kind in TokenKind


@pytest.mark.parametrize(
    ("claims", "actor"),
    [
        (
            {"scp": "x", "upn": "ada@partner.example", "appid": "5f2a", "tid": "5d4b", "oid": "1"},
            Actor("app+user", "ada@partner.example", "5f2a", "5d4b"),
        ),
        ({"scp": "x", "oid": "1", "azp": "5f2a"}, Actor("app+user", "1", "5f2a", None)),
        ({"idtyp": "app", "oid": "1", "appid": "5f2a"}, Actor("app-only", None, "5f2a", None)),
        ({"scp": "x", "upn": 7, "preferred_username": "ada"}, Actor("app+user", "ada", None, None)),
        ({"scp": "x", "upn": "a" * 900}, Actor("app+user", "a" * 200, None, None)),
        ({}, Actor()),
    ],
)
def test_who_is_signed_in(claims: dict[str, object], actor: Actor) -> None:
    """A person by name, else by object; an application by its id; and no more than that."""
    assert read_actor(Secret(unsigned_jwt(claims))) == actor


def test_an_opaque_token_names_nobody() -> None:
    """What it may do, and as whom, only the service knows."""
    assert read_actor(Secret("opaque")) == Actor()
