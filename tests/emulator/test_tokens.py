"""What a token may do is read from its prefix and its claims."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.tokens import Grant, read_grant
from reconciler.model.secret import Secret
from tests.emulator.worlds import NOW, jwt

SECOND = int(NOW.timestamp())


def payload(text: bytes) -> str:
    return f"a.{urlsafe_b64encode(text).decode()}.c"


@pytest.mark.parametrize(
    ("token", "grant"),
    [
        ("anything", Grant()),
        ("app", Grant(app_only=True)),
        ("app-token", Grant(app_only=True)),
        (jwt(idtyp="app"), Grant(app_only=True)),
        (jwt(roles=["x"]), Grant(app_only=True)),
        (jwt(roles=["x"], scp="user_impersonation"), Grant()),
        (jwt(scp="user_impersonation"), Grant()),
        (jwt(scp="x", amr=["pwd", "mfa"]), Grant()),
        (jwt(scp="x", amr=["pwd"]), Grant(mfa=False)),
        (jwt(scp="x", exp=SECOND), Grant(expired=True)),
        (jwt(scp="x", exp=SECOND + 60), Grant()),
        (jwt(scp="x", exp="soon"), Grant()),
        (payload(b"[1]"), Grant()),
        (payload(b"{"), Grant()),
        (payload(b"\xff"), Grant()),
        (payload(b"[" * 100_000), Grant()),
        ("a.b.c", Grant()),
    ],
)
def test_a_grant_is_read_from_the_token(token: str, grant: Grant) -> None:
    """Each kind of token allows what the pages of the calls say; an unreadable one allows all."""
    assert read_grant(Secret(token), NOW) == grant


@given(st.text())
def test_no_token_breaks_the_reading(token: str) -> None:
    """Whatever text is presented, it gives a grant."""
    assert isinstance(read_grant(Secret(token), NOW), Grant)
