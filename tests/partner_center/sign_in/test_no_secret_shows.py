"""A secret planted wherever one can enter shows up nowhere: no log, no message, no traceback."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
from itertools import product
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.login import login
from reconciler.partner_center.sign_in.method_from_environment import (
    SignInTarget,
    find_sign_in_method,
)
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN
from tests.partner_center.sign_in.fake_authority import (
    CLIENT_SECRET,
    GITHUB_REQUEST_TOKEN,
    SCOPE,
    FakeAuthority,
)
from tests.partner_center.sign_in.fake_service import ENDPOINT, FakeService
from tests.partner_center.sign_in.sign_ins import APPLICATION, BY_SECRET, SignInSetup, application
from tests.partner_center.sign_in.test_certificate import CERTIFICATE, KEY, pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PEM = pem(KEY, CERTIFICATE).decode()
PLANTED = {
    "planted",
    CLIENT_SECRET,
    REFRESH_TOKEN,
    GITHUB_REQUEST_TOKEN,
    "eyJ",  # how every JWT begins
    *pem(KEY, None).decode().splitlines()[1:-1],
}


def by_certificate(authority: FakeAuthority, folder: Path) -> dict[str, str]:
    (folder / "app.pem").write_text(PEM)
    authority.behaviour.certificate = pem(None, CERTIFICATE).decode()
    return {**APPLICATION, "AZURE_CLIENT_CERTIFICATE_PATH": str(folder / "app.pem")}


def by_federated_token(authority: FakeAuthority, folder: Path) -> dict[str, str]:
    (folder / "federated").write_text("planted-federated")
    authority.behaviour.assertions.add("planted-federated")
    return {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(folder / "federated")}


def by_github(authority: FakeAuthority, _: Path) -> dict[str, str]:
    return {
        **APPLICATION,
        "ACTIONS_ID_TOKEN_REQUEST_URL": authority.oidc_address,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_REQUEST_TOKEN,
    }


def by_refresh_token_file(_: FakeAuthority, folder: Path) -> dict[str, str]:
    (folder / "refresh").write_text(REFRESH_TOKEN)
    return {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN_FILE": str(folder / "refresh")}


WAYS: dict[str, Callable[[FakeAuthority, Path], dict[str, str]]] = {
    "ready": lambda _, __: {"PARTNER_CENTER_ACCESS_TOKEN": "planted-ready"},
    "secret": lambda _, __: BY_SECRET,
    "certificate": by_certificate,
    "federated": by_federated_token,
    "github": by_github,
    "file": by_refresh_token_file,
    "variable": lambda _, __: {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN": REFRESH_TOKEN},
}


def well(authority: FakeAuthority) -> None:
    """The sign-in works."""
    authority.behaviour.echo = False


def refused(authority: FakeAuthority) -> None:
    """The authority says no, and repeats what it was sent."""
    authority.behaviour.echo = True
    authority.behaviour.refuse.append(9002313)


def garbled(authority: FakeAuthority) -> None:
    """An answer that breaks off in the middle of a token."""
    authority.behaviour.raw.append((200, '{"access_token": "planted-half'))


def sick(authority: FakeAuthority) -> None:
    """The page of a proxy that shows what it was sent."""
    authority.behaviour.raw.extend([(502, f"<html>{CLIENT_SECRET} {REFRESH_TOKEN}")] * 3)


def misformed(authority: FakeAuthority) -> None:
    """A token that no header can carry."""
    body = {"access_token": "planted\r\ntoken", "refresh_token": "planted\nsuccessor"}
    authority.behaviour.raw.append((200, json.dumps(body)))


def show_all(error: BaseException) -> str:
    """The traceback as a program prints it, and with the values of our own frames."""
    plain = "".join(traceback.format_exception(error))
    full = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in full.stack if "/tests/" not in frame.filename]
    values = "".join(repr(frame.locals) for frame in ours if "partner_center" in frame.filename)
    assert values
    return plain + values + repr(error) + str(error.__dict__)


async def call(auth: PartnerCenterAuth) -> None:
    async with FakeService(lambda _: 401).client(auth) as client:
        await client.get("/v1/customers")


@pytest.mark.parametrize(
    ("way", "happening"),
    [*product(WAYS, [well, refused, garbled, misformed]), ("file", sick)],  # sick takes a second
)
def test_no_secret_shows(
    authority: FakeAuthority,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    way: str,
    happening: Callable[[FakeAuthority], None],
) -> None:
    """By every sign-in method, whatever happens, at the most talkative log level."""
    caplog.set_level(logging.DEBUG)
    environ = WAYS[way](authority, tmp_path)
    setup = SignInSetup(tmp_path)
    sign_in = setup.sign_in(authority, environ)
    auth = PartnerCenterAuth(ENDPOINT, sign_in)
    sign_in_method = find_sign_in_method(environ, SignInTarget(authority.address, SCOPE))
    happening(authority)
    shown = [repr(sign_in_method), repr(vars(auth)), *setup.warnings]
    try:
        asyncio.run(call(auth))
    except SignInFailed as failure:
        shown.append(show_all(failure))
    shown += [repr(vars(auth)), caplog.text, *(str(record.args) for record in caplog.records)]
    assert not [secret for secret in PLANTED if secret in "\n".join(shown)]


@pytest.mark.parametrize("happening", [well, refused, garbled, sick, misformed])
def test_no_secret_shows_of_a_login(
    authority: FakeAuthority,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    happening: Callable[[FakeAuthority], None],
) -> None:
    """Not the device code either, which is as good as a token until it is used."""
    caplog.set_level(logging.DEBUG)
    happening(authority)
    shown: list[str] = []
    try:
        logged_in = login(
            application(authority),
            SignInSetup(tmp_path).cache,
            lambda code: shown.append(f"{code}"),
        )
        shown.append(repr(logged_in))
    except SignInFailed as failure:
        shown.append(show_all(failure))
    assert not [secret for secret in PLANTED if secret in "\n".join([*shown, caplog.text])]


def test_no_secret_is_in_a_file_but_where_it_belongs(
    authority: FakeAuthority, tmp_path: Path
) -> None:
    """After every sign-in method: the successor in its file, the login in its cache, no more."""
    for way in WAYS.values():
        SignInSetup(tmp_path).sign_in(authority, way(authority, tmp_path))()
    login(application(authority), SignInSetup(tmp_path).cache, lambda _: None)
    holders = {
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in PLANTED)
    }
    assert holders == {"app.pem", "federated", "refresh", "login.json"}


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_can_be_pickled(authority: FakeAuthority, tmp_path: Path, way: str) -> None:
    """Neither the method nor the token that came by it."""
    environ = WAYS[way](authority, tmp_path)
    token = SignInSetup(tmp_path).sign_in(authority, environ)()
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(token)
