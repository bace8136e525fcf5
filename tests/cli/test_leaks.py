"""A secret planted in every place where one can enter is in no output and in no other file."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.render.formats import FORMATS, VALIDATION_FORMATS
from tests.cli.echoing import echoing
from tests.cli.project import clean_environment, manifest
from tests.cli.signing_in import (
    APPLICATION,
    CUSTOMERS,
    Scene,
    by_federated_token,
    by_github,
    by_login,
    by_opaque_token,
    by_pem,
    by_pfx,
    by_refresh_token_file,
    by_refresh_token_variable,
    by_secret,
    by_user_token,
    scene,
)
from tests.partner_center.sign_in.fake_authority import CLIENT_SECRET
from tests.partner_center.sign_in.test_certificate import KEY, pem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.project import Ended
    from tests.cli.signing_in import Way

CODE_BY_ENV, CODE_BY_FILE = "planted-code-by-env", "planted-code-by-file"
PROXY = "http://somebody:planted-proxy-password@127.0.0.1"
SECRETS = (
    "planted",
    "eyJ",  # how every JWT begins
    b64encode(b"somebody:planted-proxy-password").decode(),
    *pem(KEY, None).decode().splitlines()[1:-1],
)
WAYS: tuple[Way, ...] = (
    by_user_token,
    by_opaque_token,
    by_refresh_token_file,
    by_refresh_token_variable,
    by_secret,
    by_pem,
    by_pfx,
    by_federated_token,
    by_github,
    by_login,
)
HASTE = 20.0
"""A redirected create is looked for and sent again for most of a minute."""

PLACES = {"refresh", "app.pem", "app.pfx", "federated", "login.json", "gcc.code", "plan-b"}
"""The files that secrets were planted in, or kept in on purpose."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """One customer's GCC code is in the environment, another's in a file."""
    with scene(tmp_path, codes=[CODE_BY_ENV, CODE_BY_FILE]) as made:
        by_env, by_file, plain = CUSTOMERS
        documents = (
            manifest("by-env", by_env, [gcc({"env": "GCC_CODE"})]),
            manifest("by-file", by_file, [gcc({"file": "gcc.code"})]),
            manifest("plain", plain, ["StateOwnedEntity"]),
        )
        made.project.write("customers/all.yaml", "".join(documents))
        made.project.write("customers/gcc.code", f" {CODE_BY_FILE}\n")
        (tmp_path / "tmp").mkdir()
        made.project.environ |= {"GCC_CODE": CODE_BY_ENV, "TMPDIR": str(tmp_path / "tmp")}
        yield made


def gcc(code: dict[str, str]) -> dict[str, object]:
    return {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": code}


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def watched(here: Scene, *arguments: str, **environ: str) -> Ended:
    """Run, and find no secret in what was printed."""
    ended = here.run(*arguments, **environ)
    assert leaks(ended.out + ended.err) == [], (arguments, ended)
    return ended


def leaking_files(here: Scene) -> set[str]:
    """The files that hold a secret: of the project, the state folders, and temporary ones."""
    files = [path for path in here.project.folder.rglob("*") if path.is_file()]
    assert files
    return {path.name for path in files if leaks(path.read_bytes().decode("latin-1"))}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_leaks(here: Scene, way: Way) -> None:
    """Neither where all goes well, nor where the authority repeats what it was sent."""
    environ = way(here)
    watched(here, "doctor", "-v", **environ)
    here.authority.behaviour.echo = True
    here.authority.behaviour.refuse.append(9002313)
    watched(here, "plan", "-v", **environ)
    assert leaking_files(here) <= PLACES


def test_no_document_shows_a_secret(here: Scene) -> None:
    """Of a plan with GCC steps in every format, and of the report of its creates."""
    environ = by_secret(here) | by_refresh_token_file(here)
    for format_ in FORMATS:
        ended = watched(here, "plan", "-v", "--format", format_, "--out", "plan.json", **environ)
        assert "GovernmentCommunityCloud" in ended.out
    arguments = ("plan.json", "-v", "--auto-approve", "--report", "made.json")
    ended = watched(here, "apply", *arguments, **environ)
    assert (ended.code, "3 created" in ended.out) == (0, True)
    assert leaking_files(here) == {"refresh", "gcc.code"}


def test_a_garbled_answer_is_not_shown(here: Scene) -> None:
    """Half of a token from the authority."""
    here.authority.behaviour.raw.append((200, '{"access_token": "planted-half'))
    ended = watched(here, "plan", "-v", **by_secret(here))
    assert ended.code == 1


@pytest.mark.parametrize(
    ("command", "get", "post"),
    [
        ("plan", 302, 0),
        ("plan", 401, 0),
        ("plan", 403, 0),
        ("doctor", 403, 0),
        ("apply", 200, 302),
        ("apply", 200, 400),
        ("apply", 200, 401),
    ],
)
def test_what_the_service_repeats_is_struck_out(
    here: Scene, command: str, get: int, post: int
) -> None:
    """Its refusals may quote the token and the code of a create: on reading and on writing."""
    flags = ["--auto-approve", "--report", "made.json"] if command == "apply" else []
    here.speed = HASTE
    with echoing(get, post) as address:
        environ = by_opaque_token(here) | {"PARTNER_CENTER_ENDPOINT": address}
        ended = watched(here, command, "-v", *flags, **environ)
    assert (ended.code, leaking_files(here)) == (1, {"gcc.code"})


@pytest.mark.parametrize("happening", ["well", "refused", "garbled"])
def test_a_login_leaks_nothing(here: Scene, happening: str) -> None:
    """Not the device code either; the refresh token is in the login's own file."""
    behaviour = here.authority.behaviour
    behaviour.echo = True
    match happening:
        case "refused":
            behaviour.refuse.append(9002313)
        case "garbled":
            behaviour.raw.append((200, '{"refresh_token": "planted'))
    ended = watched(here, "login", "-v", **APPLICATION)
    assert (ended.code == 0) is (happening == "well")
    assert leaking_files(here) - {"gcc.code"} == ({"login.json"} if ended.code == 0 else set())
    watched(here, "logout", "-v")
    assert leaking_files(here) == {"gcc.code"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PARTNER_CENTER_ACCESS_TOKEN", "Bearer planted-token"),
        ("PARTNER_CENTER_ACCESS_TOKEN", '"planted-token"'),
        ("PARTNER_CENTER_ACCESS_TOKEN", "planted-tök€n"),
        ("PARTNER_CENTER_REFRESH_TOKEN", '{"refresh_token": "planted"}'),
        ("PARTNER_CENTER_ENDPOINT", "https://somebody:planted@service.example"),
        ("PARTNER_CENTER_ENDPOINT", "https://planted@127.0.0.1"),
        ("PARTNER_CENTER_ENDPOINT", "https://service.example:planted"),
        ("PARTNER_CENTER_ENDPOINT", "https://service.example?planted"),
        ("AZURE_AUTHORITY_HOST", "https://somebody:planted@login.example"),
        ("AZURE_AUTHORITY_HOST", "somebody:planted@login.example"),
        ("AZURE_AUTHORITY_HOST", "login.example/planted"),
        ("AZURE_TENANT_ID", "planted tenant"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://somebody:planted@oidc.example"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "planted token"),
    ],
)
def test_a_variable_that_is_no_use_is_named_and_not_repeated(
    here: Scene, name: str, text: str
) -> None:
    """Somebody may have put a password into an address, or a token into the wrong place."""
    environ = by_github(here) | {name: text}
    if name == "PARTNER_CENTER_ENDPOINT":
        environ |= by_user_token(here)
    ended = watched(here, "plan", "-v", **environ)
    assert (ended.code, name in ended.err, "Traceback" in ended.err) == (1, True, False)


@pytest.mark.parametrize(
    ("command", "address"),
    [
        (["login"], "http://somebody:planted@127.0.0.1:9"),
        (["doctor"], "http://somebody:planted@127.0.0.1:9"),
        (["emulator", "reset"], "http://somebody:planted@127.0.0.1:9"),
        (["emulator", "vet", "plain", "Education", "approve"], "http://127.0.0.1:planted"),
    ],
)
def test_no_command_repeats_an_address_with_a_password(
    here: Scene, command: list[str], address: str
) -> None:
    """Not those either that ask no Partner Center, or go on to tell of everything else."""
    ended = watched(here, *command, **APPLICATION, PARTNER_CENTER_ENDPOINT=address)
    assert (ended.code, "PARTNER_CENTER_ENDPOINT" in ended.out + ended.err) == (1, True)


@pytest.mark.parametrize(
    "text",
    [
        "partnerCenter: {endpoint: 'https://somebody:planted@127.0.0.1'}",
        "partnerCenter: {endpoint: 'https://service.example/planted'}",
        "partnerCenter: {clientSecret: planted}",
        "partnerCenter: {tenantId: [planted]}",
        "stateDir: {planted: 1}",
        "'planted",
    ],
)
def test_a_configuration_is_not_repeated(here: Scene, text: str) -> None:
    """Where somebody wrote a secret into it, which is refused: the place is told, not the text."""
    head = "apiVersion: reconciler/v1\nkind: ReconcilerConfig\n"
    here.project.write("reconciler.yaml", head + text)
    ended = watched(here, "plan", "-v", **by_user_token(here))
    assert (ended.code, "reconciler.yaml:" in ended.err) == (1, True)


@pytest.mark.parametrize("format_", VALIDATION_FORMATS)
def test_a_code_in_a_manifest_is_not_repeated(here: Scene, format_: str) -> None:
    """It is refused (`inline-secret`) with its place, wherever it was put."""
    entries = (
        {"qualification": "GovernmentCommunityCloud", "validationCode": "planted"},
        {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": "planted"},
        {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"env": ["planted"]}},
        {"qualification": "Education", "validationCode": "planted"},
    )
    documents = (
        manifest(f"customer-{number}", CUSTOMERS[number % 3], [entry])
        for number, entry in enumerate(entries)
    )
    here.project.write("customers/all.yaml", "".join(documents))
    ended = watched(here, "validate", "--format", format_)
    assert (ended.code, "inline-secret" in ended.out) == (1, True)


@pytest.mark.parametrize(
    ("way", "name", "content"),
    [
        (by_refresh_token_file, "refresh", "planted token"),
        (by_refresh_token_file, "refresh", '{"refresh_token": "planted"}'),
        (by_refresh_token_file, "refresh", "planted" * 20_000),
        (by_federated_token, "federated", "planted\nassertion"),
        (by_pem, "app.pem", pem(KEY, None).decode()),
        (by_pem, "app.pem", pem(KEY, None).decode().replace("A", "B") + "planted"),
        (by_pfx, "app.pfx", "planted"),
    ],
)
def test_a_file_that_is_no_use_is_named_and_not_repeated(
    here: Scene, way: Way, name: str, content: str
) -> None:
    """Whatever it holds: half a key, JSON around a token, too much of it."""
    environ = way(here)
    here.project.write(f"secrets/{name}", content)
    ended = watched(here, "plan", "-v", **environ)
    assert (ended.code, name in ended.err, "Traceback" in ended.err) == (1, True, False)


def test_a_password_that_is_wrong_is_not_repeated(here: Scene) -> None:
    """Of the certificate's file."""
    wrong = {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "planted-wrong"}
    ended = watched(here, "plan", "-v", **by_pfx(here) | wrong)
    assert (ended.code, "AZURE_CLIENT_CERTIFICATE_PASSWORD" in ended.err) == (1, True)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_the_password_of_a_proxy_is_not_repeated(here: Scene, variable: str) -> None:
    """By one that refuses and repeats it, on the way to the authority and to Partner Center."""
    with echoing(200, 200) as address:
        far = {
            "PARTNER_CENTER_ENDPOINT": "https://service.example",
            "AZURE_AUTHORITY_HOST": "https://login.example",
            variable: f"{PROXY}:{address.rpartition(':')[2]}",
        }
        assert "ProxyError" in watched(here, "doctor", "-v", **by_user_token(here) | far).out
        assert "ProxyError" in watched(here, "login", "-v", **APPLICATION | far).err


@pytest.mark.parametrize(
    "address", [f"{PROXY}:9", f"{PROXY}:9".replace("http", "socks5"), f"{PROXY}:planted"]
)
def test_the_address_of_a_proxy_is_not_repeated(here: Scene, address: str) -> None:
    """Of one that isn't there, is of no use, or is no address."""
    far = {"PARTNER_CENTER_ENDPOINT": "https://service.example", "HTTPS_PROXY": address}
    ended = watched(here, "doctor", "-v", **by_user_token(here) | far)
    assert (ended.code, "proxy" in ended.out) == (1, True)


def test_a_traceback_shows_no_secret(here: Scene) -> None:
    """A document that can't be written is nothing foreseen, and the codes and token are loaded."""
    environ = clean_environment() | here.project.environ | by_refresh_token_file(here)
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "reconciler", "plan", "-v", "--format", "json"],
            cwd=here.project.folder,
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, leaks(ended.stderr)) == (1, [])
    assert leaking_files(here) == {"refresh", "gcc.code"}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGABRT])
def test_a_run_that_is_ended_leaks_nothing(here: Scene, ending: signal.Signals) -> None:
    """In the middle of a call, with Python's own account of where it was."""
    environ = by_refresh_token_file(here) | {"PYTHONFAULTHANDLER": "1", "PYTHONDEVMODE": "1"}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        environ["PARTNER_CENTER_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with here.start("plan", "-v", **environ) as run:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)
                run.send_signal(ending)
                out, err = run.communicate(timeout=30)
    assert leaks(out + err) == []
    assert ("Current thread" in err) is (ending is signal.SIGABRT)
    assert leaking_files(here) == {"refresh", "gcc.code"}


def test_the_embedded_emulator_keeps_no_code(here: Scene) -> None:
    """Of the seed's codes its state has digests, after creates that used them up."""
    listed = [{"id": each} for each in CUSTOMERS]
    seed = {"customers": listed, "validationCodes": {CODE_BY_ENV: 1, CODE_BY_FILE: 1}}
    here.project.write("live.json", json.dumps(seed))
    here.project.write(
        "reconciler.yaml",
        "{apiVersion: reconciler/v1, kind: ReconcilerConfig, partnerCenter: {emulator: live.json}}",
    )
    real = by_secret(here) | by_user_token(here) | {"PARTNER_CENTER_ENDPOINT": ""}
    assert watched(here, "apply", "-v", "--auto-approve", **real).code == 0
    assert CLIENT_SECRET in real.values()
    assert leaking_files(here) == {"gcc.code", "live.json"}
