"""A project with a fake authority and a Partner Center on sockets, by every sign-in method."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reconciler.emulator.emulator import Emulator, open_emulator
from reconciler.emulator.server import serving
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.login_cache import Login, LoginCache
from reconciler.partner_center.sign_in.method_from_environment import Application
from tests.cli.project import Ended, Project, manifest
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN, TENANT
from tests.partner_center.sign_in.fake_authority import (
    CLIENT_ID,
    CLIENT_SECRET,
    GITHUB_REQUEST_TOKEN,
    SCOPE,
    FakeAuthority,
    unsigned_jwt,
)
from tests.partner_center.sign_in.test_certificate import CERTIFICATE, KEY, pem, pfx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.cli.warm import PipedFork

CUSTOMERS: Final = tuple(f"14876998-c0dc-46e6-9d0c-65a57a6c32e{digit}" for digit in "abc")
APPLICATION: Final = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT_ID}
USER_TOKEN: Final = unsigned_jwt({"scp": "user_impersonation", "amr": ["mfa"], "tid": TENANT})
APP_TOKEN: Final = unsigned_jwt({"idtyp": "app", "tid": TENANT})
PASSWORD: Final = "planted-pfx-password"
FEDERATED: Final = "planted-federated-assertion"
BY_LOGIN: Final = "planted.refresh-token_of-the-login"
BY_VARIABLE: Final = "planted.refresh-token_of-the-variable"
NOBODYS_KEYRING: Final = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}

SETTINGS: Final = """\
apiVersion: reconciler/v1
kind: ReconcilerConfig
partnerCenter: {tenantId: %s}
policy: {failOn: []}
"""


@dataclass(slots=True)
class Scene:
    """What every run gets, on top of the sign-in method that it is given."""

    project: Project
    authority: FakeAuthority
    emulator: Emulator
    refresh_file: Path = field(init=False)
    speed: float = 1.0

    def __post_init__(self) -> None:
        self.refresh_file = self.project.folder / "secrets" / "refresh"

    @property
    def state(self) -> dict[str, Any]:
        """What reached the served Partner Center."""
        return self.emulator.state()

    @property
    def created(self) -> object:
        return self.state["creates"]

    @property
    def login_file(self) -> Path:
        return self.project.folder / "home" / "reconciler" / "login.json"

    def run(self, *arguments: str, **environ: str) -> Ended:
        return self._with(environ).run(*arguments, speed=self.speed)

    def start(self, *arguments: str, **environ: str) -> PipedFork:
        return self._with(environ).start(*arguments)

    def _with(self, environ: dict[str, str]) -> Project:
        return Project(self.project.folder, self.project.environ | environ)

    def keep_refresh_token(self, token: str = REFRESH_TOKEN) -> dict[str, str]:
        """Write the file that a run reads and writes; give the variable that names it."""
        self.refresh_file.parent.mkdir(exist_ok=True)
        self.refresh_file.write_text(token + "\n")
        self.refresh_file.chmod(0o644)
        return {"PARTNER_CENTER_REFRESH_TOKEN_FILE": str(self.refresh_file)}


@contextmanager
def scene(
    folder: Path, customers: Sequence[str] = CUSTOMERS, codes: Sequence[str] = ()
) -> Iterator[Scene]:
    """Every customer is to be a StateOwnedEntity and holds nothing; `codes` are good for GCC."""
    documents = (
        manifest(f"customer-{number}", customer_id, ["StateOwnedEntity"])
        for number, customer_id in enumerate(customers)
    )
    project = Project(folder)
    project.write("reconciler.yaml", SETTINGS % TENANT)
    project.write("customers/all.yaml", "".join(documents))
    listed = [{"id": each, "customerAgreement": True} for each in customers]
    seed = {"customers": listed, "validationCodes": dict.fromkeys(codes, 9)}
    emulator = open_emulator(seed, folder / "live.yaml", None)
    with FakeAuthority() as authority, serving(emulator) as address:
        project.environ = {
            "PARTNER_CENTER_ENDPOINT": address,
            "AZURE_AUTHORITY_HOST": authority.address,
            "XDG_STATE_HOME": str(folder / "home"),
            **NOBODYS_KEYRING,
        }
        yield Scene(project, authority, emulator)


def by_user_token(_: Scene) -> dict[str, str]:
    return {"PARTNER_CENTER_ACCESS_TOKEN": USER_TOKEN}


def by_opaque_token(_: Scene) -> dict[str, str]:
    return {"PARTNER_CENTER_ACCESS_TOKEN": "planted-opaque-token"}


def by_app_token(_: Scene) -> dict[str, str]:
    return {"PARTNER_CENTER_ACCESS_TOKEN": APP_TOKEN}


def by_refresh_token_file(scene: Scene) -> dict[str, str]:
    return {**APPLICATION, **scene.keep_refresh_token()}


def by_refresh_token_variable(scene: Scene) -> dict[str, str]:
    scene.authority.behaviour.refresh_tokens.add(BY_VARIABLE)
    return {**APPLICATION, "PARTNER_CENTER_REFRESH_TOKEN": BY_VARIABLE}


def by_secret(_: Scene) -> dict[str, str]:
    return {**APPLICATION, "AZURE_CLIENT_SECRET": CLIENT_SECRET}


def by_pem(scene: Scene) -> dict[str, str]:
    return _by_certificate(scene, "app.pem", pem(KEY, CERTIFICATE))


def by_pfx(scene: Scene) -> dict[str, str]:
    environ = _by_certificate(scene, "app.pfx", pfx(KEY, CERTIFICATE, PASSWORD.encode()))
    return environ | {"AZURE_CLIENT_CERTIFICATE_PASSWORD": PASSWORD}


def _by_certificate(scene: Scene, name: str, content: bytes) -> dict[str, str]:
    path = scene.project.write(f"secrets/{name}", "")
    path.write_bytes(content)
    scene.authority.behaviour.certificate = pem(None, CERTIFICATE).decode()
    return {**APPLICATION, "AZURE_CLIENT_CERTIFICATE_PATH": str(path)}


def by_federated_token(scene: Scene) -> dict[str, str]:
    path = scene.project.write("secrets/federated", FEDERATED)
    scene.authority.behaviour.assertions.add(FEDERATED)
    return {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(path)}


def by_github(scene: Scene) -> dict[str, str]:
    return {
        **APPLICATION,
        "ACTIONS_ID_TOKEN_REQUEST_URL": scene.authority.oidc_address,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_REQUEST_TOKEN,
    }


def by_login(scene: Scene) -> dict[str, str]:
    """The environment names nothing; an admin has logged in before."""
    scene.authority.behaviour.refresh_tokens.add(BY_LOGIN)
    application = Application(scene.authority.address, TENANT, CLIENT_ID, SCOPE)
    with LoginCache(scene.login_file.parent, lambda _: None).prepared() as keep:
        keep(Login(application, Secret(BY_LOGIN)))
    return {}


Way = Callable[[Scene], dict[str, str]]
"""Prepares a sign-in method and gives the variables that name it."""
