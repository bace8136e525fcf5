"""Signing in by the way that was found, over a socket; and what becomes of refresh tokens."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.claims import TokenKind, read_claims
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN, TENANT
from tests.partner_center.sign_in.fake_authority import (
    CLIENT_SECRET,
    GITHUB_REQUEST_TOKEN,
    FakeAuthority,
    unsigned_jwt,
)
from tests.partner_center.sign_in.sign_ins import APPLICATION, BY_SECRET, SignInSetup
from tests.partner_center.sign_in.test_certificate import CERTIFICATE, KEY, pem, pfx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.partner_center.sign_in.token_source import AccessToken

OTHER_TENANT = "00000000-0000-4000-8000-0000000000ff"


def kind(token: AccessToken) -> TokenKind:
    return read_claims(token.text).kind


@pytest.fixture
def setup(tmp_path: Path) -> SignInSetup:
    return SignInSetup(tmp_path)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "refresh"
    path.write_text(f"{REFRESH_TOKEN}\n")
    return path


def by_file(path: Path) -> dict[str, str]:
    return {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN_FILE": str(path)}


def test_a_ready_token_asks_nobody(authority: FakeAuthority, setup: SignInSetup) -> None:
    """Nor can it be renewed."""
    token = setup.sign_in(authority, {"PARTNER_CENTER_ACCESS_TOKEN": "planted-ready"})()
    assert (token.text.reveal(), token.renewable) == ("planted-ready", False)
    assert not authority.requests


def test_a_client_secret_is_app_only(authority: FakeAuthority, setup: SignInSetup) -> None:
    """It can plan, and not apply."""
    assert kind(setup.sign_in(authority, BY_SECRET)()) is TokenKind.APP_ONLY


@pytest.mark.parametrize(
    ("content", "password"),
    [(pem(KEY, CERTIFICATE), ""), (pfx(KEY, CERTIFICATE, b"word"), "word")],
    ids=["pem", "pfx"],
)
def test_a_certificate_is_app_only(
    authority: FakeAuthority, setup: SignInSetup, content: bytes, password: str
) -> None:
    """PEM or PFX."""
    path = setup.folder / "app"
    path.write_bytes(content)
    authority.behaviour.certificate = pem(None, CERTIFICATE).decode()
    environ = {
        **APPLICATION,
        "AZURE_CLIENT_CERTIFICATE_PATH": str(path),
        "AZURE_CLIENT_CERTIFICATE_PASSWORD": password,
    }
    assert kind(setup.sign_in(authority, environ)()) is TokenKind.APP_ONLY


def test_what_is_sent_and_what_comes_of_it_is_known(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """So that no answer can quote it: the credential, both refresh tokens, the access token."""
    token = setup.sign_in(authority, by_file(token_file))()
    successor = token_file.read_text().strip()
    assert successor != REFRESH_TOKEN
    for secret in (CLIENT_SECRET, REFRESH_TOKEN, successor, token.text.reveal()):
        assert setup.secrets.occur_in(f"<{secret}>")


def test_the_credential_of_an_application_is_known(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """As well as the token it is given for it."""
    token = setup.sign_in(authority, BY_SECRET)()
    for secret in (CLIENT_SECRET, token.text.reveal()):
        assert setup.secrets.occur_in(f"<{secret}>")


def test_a_federated_token_is_read_anew(authority: FakeAuthority, setup: SignInSetup) -> None:
    """Workload identity puts a fresh one into the file now and then."""
    path = setup.folder / "federated"
    sign_in = setup.sign_in(authority, {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(path)})
    for assertion in ("planted-one", "planted-two"):
        path.write_text(f"{assertion}\n")
        authority.behaviour.assertions = {assertion}
        assert kind(sign_in()) is TokenKind.APP_ONLY


@pytest.mark.parametrize("content", [None, "", "two words"])
def test_an_unusable_federated_token_is_told(
    authority: FakeAuthority, setup: SignInSetup, content: str | None
) -> None:
    """With the file and the variable."""
    path = setup.folder / "federated"
    if content is not None:
        path.write_text(content)
    environ = {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(path)}
    with pytest.raises(SignInFailed, match="federated token file") as failed:
        setup.sign_in(authority, environ)()
    assert "AZURE_FEDERATED_TOKEN_FILE" in failed.value.remedy
    assert not authority.requests


def test_github_actions_signs_in_by_itself(authority: FakeAuthority, setup: SignInSetup) -> None:
    """With `id-token: write` nothing secret is needed; alone app-only, else app+user."""
    environ = {
        **APPLICATION,
        "ACTIONS_ID_TOKEN_REQUEST_URL": authority.oidc_address,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_REQUEST_TOKEN,
    }
    assert kind(setup.sign_in(authority, environ)()) is TokenKind.APP_ONLY
    environ["PARTNER_CENTER_REFRESH_TOKEN"] = REFRESH_TOKEN
    assert kind(setup.sign_in(authority, environ)()) is TokenKind.APP_AND_USER


def test_the_successor_replaces_the_refresh_token(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """In its file, before the access token is handed out, readable for the owner only."""
    authority.behaviour.revoke_used = True
    sign_in = setup.sign_in(authority, by_file(token_file))
    for _ in range(3):
        assert kind(sign_in()) is TokenKind.APP_AND_USER
        assert {token_file.read_text()} == authority.behaviour.refresh_tokens
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert not setup.warnings


def test_a_link_is_followed(authority: FakeAuthority, setup: SignInSetup, token_file: Path) -> None:
    """The file it points to is replaced, the link stays."""
    link = setup.folder / "link"
    link.symlink_to(token_file)
    setup.sign_in(authority, by_file(link))()
    assert link.is_symlink()
    assert token_file.read_text() in authority.behaviour.refresh_tokens - {REFRESH_TOKEN}


def test_without_a_successor_the_file_stays(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """A good token is never overwritten with nothing."""
    authority.behaviour.rotate = False
    setup.sign_in(authority, by_file(token_file))()
    assert token_file.read_text() == f"{REFRESH_TOKEN}\n"


@pytest.mark.parametrize("code", [700082, 50173, 50076, 53003, 65001, 7000215, 7000222, 9002313])
def test_a_refused_exchange_keeps_the_file(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path, code: int
) -> None:
    """Whatever the authority says, the token in the file may still be good."""
    authority.behaviour.refuse.append(code)
    with pytest.raises(SignInFailed, match=f"AADSTS{code}"):
        setup.sign_in(authority, by_file(token_file))()
    assert token_file.read_text() == f"{REFRESH_TOKEN}\n"
    assert not list(setup.folder.glob(".refresh*"))


@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), (" \n", "is empty"), ("two words", "other than one")]
)
def test_an_unusable_refresh_token_file_is_told(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path, content: str, said: str
) -> None:
    """Before anything is asked."""
    token_file.write_text(content)
    with pytest.raises(SignInFailed, match=said) as failed:
        setup.sign_in(authority, by_file(token_file))()
    assert "PARTNER_CENTER_REFRESH_TOKEN_FILE" in failed.value.remedy
    assert not authority.requests


def test_a_missing_refresh_token_file_is_told(authority: FakeAuthority, setup: SignInSetup) -> None:
    """As is a link that leads nowhere or in a circle."""
    circle = setup.folder / "circle"
    circle.symlink_to(circle)
    nowhere = setup.folder / "nowhere"
    nowhere.symlink_to(setup.folder / "gone")
    for path in (setup.folder / "missing", nowhere, circle):
        with pytest.raises(SignInFailed, match="can't be read"):
            setup.sign_in(authority, by_file(path))()
    assert not list(setup.folder.glob("*.lock"))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Unlike pytest's own, one that another user may enter."""
    with TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("mode", "folder_mode", "said"),
    [(0o444, 0o777, "refresh is not writable"), (0o666, 0o555, "can't be written to: Permission")],
)
def test_what_can_not_be_written_is_found_before_the_exchange(
    authority: FakeAuthority, open_folder: Path, mode: int, folder_mode: int, said: str
) -> None:
    """A file or a folder that is read-only: nothing is asked, so nothing is lost."""
    path = open_folder / "refresh"
    path.write_text(REFRESH_TOKEN)
    path.chmod(mode)
    open_folder.chmod(folder_mode)
    run = another_run(authority, path, first="os.getuid() or os.setuid(65534)")
    assert said in run.communicate(timeout=60)[0]
    assert run.returncode == 1
    assert not authority.requests
    open_folder.chmod(0o700)


def test_a_full_disk_is_found_before_the_exchange(
    authority: FakeAuthority, token_file: Path
) -> None:
    """Here: no file may grow beyond a few KiB."""
    run = another_run(authority, token_file, first="setrlimit(RLIMIT_FSIZE, (4096, -1))")
    assert "can't be written to: File too large" in run.communicate(timeout=60)[0]
    assert not authority.requests
    assert token_file.read_text() == f"{REFRESH_TOKEN}\n"
    assert not list(token_file.parent.glob(".refresh*"))


def test_a_variables_successor_is_saved_where_told(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """--refresh-token-out takes every successor, and nobody is warned."""
    setup.refresh_token_out = setup.folder / "out"
    authority.behaviour.revoke_used = True
    environ = {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN": REFRESH_TOKEN}
    sign_in = setup.sign_in(authority, environ)
    for _ in range(2):
        sign_in()
        assert {setup.refresh_token_out.read_text()} == authority.behaviour.refresh_tokens
    assert stat.S_IMODE(setup.refresh_token_out.stat().st_mode) == 0o600
    assert not setup.warnings


def test_a_variables_successor_that_nothing_saves_is_warned_of(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """Once; the run itself goes on with it."""
    authority.behaviour.revoke_used = True
    environ = {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN": REFRESH_TOKEN}
    sign_in = setup.sign_in(authority, environ)
    sign_in()
    sign_in()
    (warning,) = setup.warnings
    assert "--refresh-token-out" in warning


def test_an_unwritable_out_is_found_before_the_exchange(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """A folder that isn't there is the everyday case."""
    setup.refresh_token_out = setup.folder / "gone" / "out"
    environ = {**BY_SECRET, "PARTNER_CENTER_REFRESH_TOKEN": REFRESH_TOKEN}
    with pytest.raises(SignInFailed, match="doesn't exist"):
        setup.sign_in(authority, environ)()
    assert not authority.requests


def test_an_out_that_nothing_goes_into_is_warned_of(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """With a file or without a refresh token it has nothing to take."""
    setup.refresh_token_out = setup.folder / "out"
    setup.sign_in(authority, by_file(token_file))()
    assert "not used" in setup.warnings[0]
    assert not setup.refresh_token_out.exists()


@pytest.mark.parametrize(
    "environ", [BY_SECRET, {"PARTNER_CENTER_ACCESS_TOKEN": unsigned_jwt({"tid": TENANT})}]
)
def test_another_tenants_token_is_refused(
    authority: FakeAuthority, setup: SignInSetup, environ: dict[str, str]
) -> None:
    """Where the configuration says the tenant and the token can be read; before any call."""
    setup.tenant_id = OTHER_TENANT
    with pytest.raises(SignInFailed, match=f"{TENANT}.*{OTHER_TENANT}"):
        setup.sign_in(authority, environ)()


@pytest.mark.parametrize("tenant_id", [TENANT, TENANT.upper(), None, "contoso.onmicrosoft.com"])
def test_the_own_tenants_token_is_taken(
    authority: FakeAuthority, setup: SignInSetup, tenant_id: str | None
) -> None:
    """In any case of letters; a domain can't be compared with a GUID."""
    setup.tenant_id = tenant_id
    assert setup.sign_in(authority, BY_SECRET)().text


def test_an_opaque_token_has_no_tenant_to_differ(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """It is used as it is; what it may do, the service says."""
    setup.tenant_id = OTHER_TENANT
    authority.behaviour.opaque = True
    assert setup.sign_in(authority, BY_SECRET)().text


def test_a_way_in_that_fails_does_not_fall_through(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """A dead refresh token with a good client secret beside it is no app-only sign-in."""
    authority.behaviour.refresh_tokens.clear()
    with pytest.raises(SignInFailed, match="AADSTS70008"):
        setup.sign_in(authority, by_file(token_file))()
    assert len(authority.requests) == 1


def test_two_runs_at_once_do_not_burn_each_others_token(
    authority: FakeAuthority, token_file: Path
) -> None:
    """Each waits for the other's successor, even where a refresh token works only once."""
    authority.behaviour.revoke_used = True
    runs = [another_run(authority, token_file) for _ in range(3)]
    outputs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    assert {token_file.read_text()} == authority.behaviour.refresh_tokens


def test_a_killed_run_loses_no_refresh_token(authority: FakeAuthority, token_file: Path) -> None:
    """Killed the moment it has its access token, before any use: the successor is in the file."""
    authority.behaviour.revoke_used = True
    run = another_run(authority, token_file, then="os.kill(os.getpid(), 9)")
    run.communicate(timeout=60)
    assert run.returncode == -9
    assert {token_file.read_text()} == authority.behaviour.refresh_tokens


def test_a_run_killed_in_the_exchange_leaves_the_file(
    authority: FakeAuthority, token_file: Path
) -> None:
    """The old token is still there, the lock is free, and the next run signs in."""
    authority.behaviour.hold = Event()
    with ExitStack() as stack:
        stack.callback(authority.behaviour.hold.set)
        run = another_run(authority, token_file)
        wait_for_request(authority)
        run.kill()
        run.communicate(timeout=60)
    assert token_file.read_text() == f"{REFRESH_TOKEN}\n"
    authority.behaviour.hold = None
    after = another_run(authority, token_file)
    assert after.communicate(timeout=60)[0] == "signed in\n"


def test_the_file_holds_the_successor_before_the_token_is_out(
    authority: FakeAuthority, setup: SignInSetup, token_file: Path
) -> None:
    """While the exchange is under way the old one is there, and afterwards at once the new one."""
    authority.behaviour.hold = Event()
    sign_in = setup.sign_in(authority, by_file(token_file))
    seen: list[str] = []
    run = Thread(target=lambda: seen.append((sign_in(), token_file.read_text())[1]))
    run.start()
    wait_for_request(authority)
    seen.append(token_file.read_text())
    authority.behaviour.hold.set()
    run.join()
    assert seen[0] == f"{REFRESH_TOKEN}\n"
    assert seen[1] in authority.behaviour.refresh_tokens - {REFRESH_TOKEN}


def wait_for_request(authority: FakeAuthority) -> None:
    until = monotonic() + 20
    while not authority.requests and monotonic() < until:
        sleep(0.01)


_RUN = """
import os, sys
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from reconciler.model.errors import SignInFailed
from tests.partner_center.sign_in.sign_ins import SignInSetup
{first}
try:
    SignInSetup(Path(sys.argv[2])).sign_in_at(sys.argv[1], {by_file})()
except SignInFailed as failure:
    setrlimit(RLIMIT_FSIZE, (-1, -1))
    sys.exit(print(failure.message) or 1)
{then}
print("signed in")
"""


def another_run(
    authority: FakeAuthority, token_file: Path, *, first: str = "", then: str = ""
) -> subprocess.Popen[str]:
    code = _RUN.format(by_file=repr(by_file(token_file)), first=first, then=then)
    return subprocess.Popen(
        [sys.executable, "-c", code, authority.address, str(token_file.parent)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
