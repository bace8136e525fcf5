"""What `login` keeps: a refresh token and whose it is, in the keyring or a private file; no names.

Opt-in: nothing is written but by `login`, and by the sign-ins that follow it. Where msal-extensions
can encrypt (Keychain, DPAPI, libsecret) it does; else the file is 0600 in a folder that is 0700.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.method_from_environment import Application
from reconciler.partner_center.sign_in.refresh_tokens import HeldRefreshToken
from reconciler.partner_center.sign_in.secret_file import locked, read_private, replacement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.partner_center.sign_in.method_from_environment import CachedLogin


class EncryptedPersistence(Protocol):
    """What is asked of one of msal-extensions."""

    def save(self, content: str) -> None: ...
    def load(self) -> str: ...


def state_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where a program of this user keeps its state (XDG, and the others' customs)."""
    if (folder := Path(environ.get("XDG_STATE_HOME", ""))).is_absolute():
        return folder / "reconciler"
    if platform == "win32" and (folder := Path(environ.get("LOCALAPPDATA", ""))).is_absolute():
        return folder / "reconciler"
    home = Path(environ.get("HOME") or environ.get("USERPROFILE", ""))
    if not home.is_absolute():
        raise ConfigurationError(
            "no folder for the login: neither XDG_STATE_HOME nor HOME is set",
            "set HOME, or sign in by the environment's variables instead of `login`",
        )
    if platform == "darwin":
        return home / "Library" / "Application Support" / "reconciler"
    return home / ".local" / "state" / "reconciler"


def login_cache(environ: Mapping[str, str]) -> LoginCache:
    """This user's; ConfigurationError where the user has no folder."""
    return LoginCache(state_folder(environ))


def encrypted_persistence(signal: Path) -> EncryptedPersistence | None:
    """The keyring of this machine, where there is one that works; it may ask its owner."""
    try:
        from msal_extensions import (  # type: ignore[import-untyped] # noqa: PLC0415 - slow to import
            build_encrypted_persistence,
        )

        persistence: EncryptedPersistence = build_encrypted_persistence(str(signal))
    except (ImportError, OSError, RuntimeError, ValueError):
        return None
    return persistence


@dataclass(frozen=True, slots=True)
class LoginCache:
    folder: Path
    persistence: Callable[[Path], EncryptedPersistence | None] = encrypted_persistence

    @property
    def _file(self) -> Path:
        return self.folder / "login.json"

    @property
    def _signal(self) -> Path:
        """Beside a keyring, an empty file that says it holds a login; with DPAPI, the login."""
        return self.folder / "login.vault"

    def application(self, sign_in_method: CachedLogin) -> Application:
        """Whose login is kept; SignInFailed where none is, or one for something else."""
        with self._opened() as (login, _):
            application = login.application
        for name, kept, wanted in (
            ("authority", application.authority, sign_in_method.authority),
            ("scope", application.scope, sign_in_method.scope),
            ("tenant", application.tenant, sign_in_method.tenant),
            ("application", application.client_id, sign_in_method.client_id),
        ):
            if wanted is not None and wanted.lower() != kept.lower():
                raise SignInFailed(
                    f"the login kept here is for the {name} {kept}, not {wanted}",
                    "run `reconciler login` again",
                )
        return application

    @contextmanager
    def held(self) -> Iterator[HeldRefreshToken]:
        with self._opened() as (login, keep):

            def keep_successor(successor: Secret) -> None:
                keep(Login(login.application, successor))

            yield HeldRefreshToken(login.refresh_token, keep_successor)

    @contextmanager
    def prepared(self) -> Iterator[Callable[[Login], bool]]:
        """Find out that a login can be kept; the call keeps it and says whether it is encrypted."""
        self._make_folder()
        persistence = self.persistence(self._signal)
        if persistence is not None:
            yield lambda login: self._seal(persistence, login)
            return
        with replacement_of(self._file) as replacement:

            def keep(login: Login) -> bool:
                # Not held before: a person takes minutes, and other runs go on meanwhile.
                with locked(self._file):
                    replacement.put(render_login(login))
                return False

            yield keep

    def remove(self) -> bool:
        """Forget the login; False where there was none."""
        kept = [path for path in (self._file, self._signal) if path.exists()]
        persistence = self.persistence(self._signal) if self._signal.exists() else None
        try:
            if persistence is not None:
                persistence.save("{}")  # msal-extensions can't delete
            for path in kept:
                path.unlink(missing_ok=True)
        except (OSError, RuntimeError) as error:
            raise SignInFailed(
                f"the login in {self.folder} can't be removed: {type(error).__name__}",
                "unlock the keyring, or delete the folder",
            ) from None
        return bool(kept)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Login, Callable[[Login], object]]]:
        if self._file.exists():
            with locked(self._file), replacement_of(self._file) as replacement:
                text = read_private(self._file)
                yield self._read(text), lambda login: replacement.put(render_login(login))
        elif self._signal.exists():
            with locked(self._signal):
                persistence, text = self._unsealed()
                yield self._read(text), lambda login: self._seal(persistence, login)
        else:
            raise SignInFailed(
                "no sign-in method: the environment names none, and nobody has logged in here",
                "run `reconciler login`, or set PARTNER_CENTER_ACCESS_TOKEN (a served emulator "
                "takes any word), or AZURE_TENANT_ID, AZURE_CLIENT_ID and a credential such as "
                "AZURE_CLIENT_SECRET",
            )

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise SignInFailed(
                f"the folder {self.folder} can't be made: {error.strerror}",
                "let XDG_STATE_HOME name a folder of yours",
            ) from None

    def _unsealed(self) -> tuple[EncryptedPersistence, Secret | str]:
        persistence = self.persistence(self._signal)
        if persistence is None:
            raise self._unreadable("needs a keyring, and there is none in this session")
        try:
            return persistence, Secret(persistence.load())
        except (OSError, RuntimeError) as error:
            raise self._unreadable(f"can't be decrypted: {type(error).__name__}") from None

    def _seal(self, persistence: EncryptedPersistence, login: Login) -> bool:
        text = render_login(login)
        try:
            persistence.save(text.reveal())
            kept = Secret(persistence.load()) == text
            self._signal.chmod(0o600)
            self._file.unlink(missing_ok=True)
        except (OSError, RuntimeError):
            kept = False
        if not kept:
            raise SignInFailed("the keyring doesn't keep the login", "unlock it and run again")
        return True

    def _read(self, text: Secret | str) -> Login:
        if isinstance(text, str):
            raise self._unreadable(text)
        login = read_login(text)
        if login is None:
            raise self._unreadable("is damaged")
        return login

    def _unreadable(self, reason: str) -> SignInFailed:
        return SignInFailed(
            f"the login kept in {self.folder} {reason}", "run `reconciler login` again"
        )


@dataclass(frozen=True, slots=True)
class Login:
    application: Application
    refresh_token: Secret


class _StoredLogin(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel, hide_input_in_errors=True)

    format_version: Literal["1.0"] = "1.0"
    authority: str
    scope: str
    tenant_id: str
    client_id: str
    refresh_token: str


def render_login(login: Login) -> Secret:
    application = login.application
    stored = _StoredLogin(
        authority=application.authority,
        scope=application.scope,
        tenantId=application.tenant,
        clientId=application.client_id,
        refreshToken=login.refresh_token.reveal(),
    )
    return Secret(stored.model_dump_json(by_alias=True, indent=2))


def read_login(text: Secret) -> Login | None:
    """None where the text is no login that this version can read."""
    try:
        stored = _StoredLogin.model_validate_json(text.reveal())
    except ValidationError:
        return None
    application = Application(stored.authority, stored.tenant_id, stored.client_id, stored.scope)
    return Login(application, Secret(stored.refresh_token))
