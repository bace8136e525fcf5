"""What `login` keeps, and where."""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.login_cache import (
    Login,
    LoginCache,
    encrypted_persistence,
    login_cache,
    read_login,
    render_login,
    state_folder,
)
from reconciler.partner_center.sign_in.method_from_environment import Application, CachedLogin

if TYPE_CHECKING:
    from collections.abc import Callable

APPLICATION = Application("https://login.microsoftonline.com", "tenant", "client", "scope/.default")
LOGIN = Login(APPLICATION, Secret("planted-refresh"))
WAY_IN = CachedLogin("https://login.microsoftonline.com", "scope/.default", None, None)


@dataclass(slots=True)
class Keyring:
    """A keyring that works, but for what a test says is broken."""

    signal: Path
    content: str = ""
    error: Exception | None = None
    forgetful: bool = False

    def save(self, content: str) -> None:
        if self.error is not None:
            raise self.error
        self.content = "" if self.forgetful else content
        self.signal.touch()

    def load(self) -> str:
        if self.error is not None:
            raise self.error
        return self.content


@pytest.fixture
def plain(tmp_path: Path) -> LoginCache:
    return LoginCache(tmp_path / "state" / "reconciler", lambda _: None)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "state" / "reconciler" / "login.vault")


@pytest.fixture
def sealed(keyring: Keyring) -> LoginCache:
    return LoginCache(keyring.signal.parent, lambda _: keyring)


def keep(cache: LoginCache, login: Login = LOGIN) -> bool:
    with cache.prepared() as kept:
        return kept(login)


def refresh_token(cache: LoginCache) -> str:
    with cache.held() as held:
        return held.token.reveal()


def test_without_a_keyring_it_is_a_private_file(plain: LoginCache) -> None:
    """0600 in a folder that is 0700, whatever the folder was before."""
    plain.folder.mkdir(parents=True, mode=0o755)
    assert keep(plain) is False
    assert stat.S_IMODE(plain.folder.stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in plain.folder.iterdir()}
    assert files == {"login.json": 0o600, "login.json.lock": 0o600}
    assert refresh_token(plain) == "planted-refresh"
    assert plain.application(WAY_IN) == APPLICATION


def test_with_a_keyring_nothing_is_in_the_file(sealed: LoginCache, keyring: Keyring) -> None:
    """The file says only that there is a login; one that lay there in clear is gone."""
    keep(LoginCache(sealed.folder, lambda _: None))
    assert keep(sealed) is True
    assert "planted-refresh" in keyring.content
    on_disk = b"".join(path.read_bytes() for path in sealed.folder.iterdir())
    assert b"planted" not in on_disk
    assert stat.S_IMODE(keyring.signal.stat().st_mode) == 0o600
    assert refresh_token(sealed) == "planted-refresh"


@pytest.mark.parametrize("name", ["plain", "sealed"])
def test_a_successor_replaces_the_login(name: str, request: pytest.FixtureRequest) -> None:
    """As with a refresh token file."""
    cache: LoginCache = request.getfixturevalue(name)
    keep(cache)
    with cache.held() as held:
        held.keep(Secret("planted-successor"))
    assert refresh_token(cache) == "planted-successor"
    assert cache.application(WAY_IN) == APPLICATION


@pytest.mark.parametrize("name", ["plain", "sealed"])
def test_a_login_can_be_forgotten(name: str, request: pytest.FixtureRequest) -> None:
    """Nothing of it is left; a second time there is nothing to forget."""
    cache: LoginCache = request.getfixturevalue(name)
    assert cache.remove() is False
    keep(cache)
    assert cache.remove() is True
    assert cache.remove() is False
    with pytest.raises(SignInFailed, match="no sign-in method"):
        refresh_token(cache)


def test_a_forgotten_login_is_out_of_the_keyring(sealed: LoginCache, keyring: Keyring) -> None:
    """msal-extensions can't delete, so it is overwritten."""
    keep(sealed)
    sealed.remove()
    assert "planted" not in keyring.content


def test_a_login_under_way_holds_up_nobody(plain: LoginCache) -> None:
    """Other runs use the login that is there, and are followed by the new one."""
    keep(plain)
    with plain.prepared() as kept:
        assert refresh_token(plain) == "planted-refresh"
        kept(Login(APPLICATION, Secret("planted-newer")))
    assert refresh_token(plain) == "planted-newer"


def test_the_lock_alone_is_no_login(plain: LoginCache) -> None:
    """A login that was broken off leaves no trace that counts."""
    with pytest.raises(KeyboardInterrupt), plain.prepared():
        raise KeyboardInterrupt
    with pytest.raises(SignInFailed, match="no sign-in method") as failed:
        refresh_token(plain)
    assert "reconciler login" in failed.value.remedy


@pytest.mark.parametrize(
    ("sign_in_method", "named"),
    [
        (replace(WAY_IN, authority="https://login.microsoftonline.us"), "authority"),
        (replace(WAY_IN, scope="other/.default"), "scope"),
        (replace(WAY_IN, tenant="other"), "tenant"),
        (replace(WAY_IN, client_id="other"), "application"),
    ],
)
def test_a_login_for_something_else_is_not_used(
    plain: LoginCache, sign_in_method: CachedLogin, named: str
) -> None:
    """Its token goes to the authority it came from, for what the run is about."""
    keep(plain)
    with pytest.raises(SignInFailed, match=f"is for the {named}") as failed:
        plain.application(sign_in_method)
    assert "login` again" in failed.value.remedy


def test_a_login_fits_in_any_case_of_letters(plain: LoginCache) -> None:
    """GUIDs are pasted in both."""
    keep(plain)
    assert plain.application(replace(WAY_IN, tenant="TENANT", client_id="Client")) == APPLICATION


@pytest.mark.parametrize(
    "content",
    ["", "planted", "{}", '{"formatVersion": "2.0"}', '{"refreshToken": 7, "planted": "planted"}'],
)
def test_a_damaged_login_is_told(plain: LoginCache, content: str) -> None:
    """And not repeated."""
    keep(plain)
    (plain.folder / "login.json").write_text(content)
    with pytest.raises(SignInFailed, match="login kept in") as failed:
        refresh_token(plain)
    assert "planted" not in f"{failed.value.message}{failed.value.__context__}"


@pytest.mark.parametrize("error", [OSError("planted"), RuntimeError("planted")])
@pytest.mark.parametrize("act", [keep, refresh_token, LoginCache.remove])
def test_a_keyring_that_fails_is_told(
    sealed: LoginCache, keyring: Keyring, act: Callable[[LoginCache], object], error: Exception
) -> None:
    """Locked, gone or broken: one sentence, and what to do."""
    keep(sealed)
    keyring.error = error
    with pytest.raises(SignInFailed) as failed:
        act(sealed)
    assert failed.value.remedy
    assert "planted" not in failed.value.message


def test_a_keyring_that_is_gone_is_told(sealed: LoginCache) -> None:
    """The login of a desktop session can't be read over ssh; it can still be forgotten."""
    keep(sealed)
    elsewhere = LoginCache(sealed.folder, lambda _: None)
    with pytest.raises(SignInFailed, match="needs a keyring"):
        refresh_token(elsewhere)
    assert elsewhere.remove() is True


def test_a_keyring_that_forgets_is_found_at_once(sealed: LoginCache, keyring: Keyring) -> None:
    """libsecret says so by a return value that msal-extensions drops."""
    keyring.forgetful = True
    with pytest.raises(SignInFailed, match="doesn't keep"):
        keep(sealed)


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    """Before anybody types a code."""
    (tmp_path / "state").touch()
    with pytest.raises(SignInFailed, match="can't be made"):
        keep(LoginCache(tmp_path / "state" / "reconciler", lambda _: None))


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "linux", "/x/reconciler"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "linux", "/h/.local/state/reconciler"),
        ({"HOME": "/h"}, "linux", "/h/.local/state/reconciler"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Application Support/reconciler"),
        ({"LOCALAPPDATA": "/l", "USERPROFILE": "/u"}, "win32", "/l/reconciler"),
        ({"LOCALAPPDATA": "/l", "HOME": "/h"}, "linux", "/h/.local/state/reconciler"),
        ({"USERPROFILE": "/u"}, "win32", "/u/.local/state/reconciler"),
    ],
)
def test_the_users_state_folder(environ: dict[str, str], platform: str, folder: str) -> None:
    """XDG's where it is said, else what the platform is used to."""
    assert state_folder(environ, platform) == Path(folder)


def test_the_login_of_a_user_is_in_that_folder() -> None:
    """And only there."""
    assert login_cache({"XDG_STATE_HOME": "/x"}).folder == Path("/x/reconciler")


def test_a_user_without_a_home_is_told() -> None:
    """Some containers have none."""
    with pytest.raises(ConfigurationError, match="HOME"):
        state_folder({}, "linux")


def test_the_keyring_of_this_machine_is_one_or_none(tmp_path: Path) -> None:
    """Whatever is missing here, asking for it is no error."""
    vault = encrypted_persistence(tmp_path / "login.vault")
    assert vault is None or callable(vault.save)


def test_a_login_is_written_as_it_is_read() -> None:
    """And shows no secret on the way."""
    text = render_login(LOGIN)
    assert read_login(text) == LOGIN
    assert "planted" not in f"{LOGIN!r} {text!r}"
