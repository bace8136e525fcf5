"""`login` and `logout`: a device code on stderr, a login kept privately, and forgotten again."""

from __future__ import annotations

import signal
import stat
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.cli.signing_in import APPLICATION, Scene, by_login, by_secret, by_user_token, scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.signing_in import Way

KEPT = "planted.refresh-token_successor"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def test_a_login_lets_an_admin_plan(here: Scene) -> None:
    """The code and where it goes are on stderr; afterwards a plan needs no variable at all."""
    here.authority.behaviour.pending = 2
    ended = here.run("login", **APPLICATION)
    assert (ended.code, ended.out) == (0, "")
    assert "B7XW9KQ2L" in ended.err
    assert "https://microsoft.com/devicelogin" in ended.err
    assert "planted" not in ended.err
    assert here.run("plan").code == 0


def test_a_login_is_kept_privately(here: Scene) -> None:
    """In a file of the user's state folder, where no keyring takes it: only its owner reads it."""
    here.run("login", **APPLICATION)
    assert KEPT in here.login_file.read_text()
    assert stat.S_IMODE(here.login_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(here.login_file.parent.stat().st_mode) == 0o700


def test_an_admin_needs_no_configuration_to_log_in(here: Scene) -> None:
    """The tenant comes from the environment then, and from the configuration where there is one."""
    client_id = {"AZURE_CLIENT_ID": APPLICATION["AZURE_CLIENT_ID"]}
    assert here.run("login", **client_id).code == 0
    (here.project.folder / "reconciler.yaml").unlink()
    assert here.run("login", **APPLICATION).code == 0
    ended = here.run("login", **client_id)
    assert (ended.code, "AZURE_TENANT_ID" in ended.err) == (1, True)


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_login_can_be_cancelled(here: Scene, ending: signal.Signals, code: int) -> None:
    """The login of before is still there, and nothing else is."""
    by_login(here)
    before = here.login_file.read_bytes()
    hold = here.authority.behaviour.hold = Event()
    with here.start("login", **APPLICATION) as run:
        assert "B7XW9KQ2L" in run.stderr.readline()
        run.send_signal(ending)
        run.communicate(timeout=30)
    hold.set()
    assert run.returncode == code
    assert here.login_file.read_bytes() == before
    assert {path.name for path in here.login_file.parent.iterdir()} <= {
        "login.json",
        "login.json.lock",
    }


@pytest.mark.parametrize(
    ("code", "asked", "said"),
    [
        (7000218, "code", "allow public client flows"),
        (700016, "code", "AZURE_CLIENT_ID"),
        (70020, "token", "run `reconciler login` again"),
        (53003, "token", "Conditional Access"),
    ],
)
def test_a_refused_login_says_what_to_do(here: Scene, code: int, asked: str, said: str) -> None:
    """With the AADSTS code, and the login of before stays."""
    by_login(here)
    before = here.login_file.read_bytes()
    behaviour = here.authority.behaviour
    (behaviour.refuse_codes if asked == "code" else behaviour.refuse).append(code)
    ended = here.run("login", **APPLICATION)
    assert (ended.code, here.login_file.read_bytes()) == (1, before)
    assert f"AADSTS{code}" in ended.err
    assert said in ended.err


def test_a_login_to_another_tenant_is_not_kept(here: Scene) -> None:
    """`partnerCenter.tenantId` says whose it must be."""
    here.authority.behaviour.tenant = "99999999-0000-4000-8000-000000000009"
    ended = here.run("login", **APPLICATION)
    assert (ended.code, here.login_file.exists()) == (1, False)
    assert "partnerCenter.tenantId" in ended.err


def test_a_login_without_mfa_is_warned_of(here: Scene) -> None:
    """Partner Center would refuse every call of it."""
    here.authority.behaviour.methods = ("pwd",)
    ended = here.run("login", **APPLICATION)
    assert (ended.code, "without MFA" in ended.err) == (0, True)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (by_secret, "AZURE_CLIENT_SECRET comes before"),
        (by_user_token, "PARTNER_CENTER_ACCESS_TOKEN comes before"),
    ],
)
def test_what_comes_before_a_login_is_told(here: Scene, way: Way, said: str) -> None:
    """Else an admin logs in and wonders why the next run is somebody else's."""
    ended = here.run("login", **APPLICATION | way(here))
    assert (ended.code, said in ended.err) == (0, True)


def test_the_calls_of_a_login_are_told_with_verbose(here: Scene) -> None:
    """Each with its correlation id; the device code, as good as a token, isn't among it."""
    ended = here.run("login", "-v", **APPLICATION)
    calls = [line for line in ended.err.splitlines() if line.startswith("POST ")]
    assert ["devicecode" in calls[0], "/token" in calls[1]] == [True, True]
    assert all("correlation id" in call for call in calls)
    assert "planted-device-code" not in ended.err


def test_logout_forgets_the_login(here: Scene) -> None:
    """And says where it was; a second one finds none."""
    here.run("login", **APPLICATION)
    first, second = here.run("logout"), here.run("logout")
    assert (first.code, first.out, "logged out" in first.err) == (0, "", True)
    assert (second.code, "there is no login" in second.err) == (0, True)
    assert not here.login_file.exists()
    ended = here.run("plan")
    assert (ended.code, "reconciler login" in ended.err) == (1, True)
