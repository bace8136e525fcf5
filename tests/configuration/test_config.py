"""The configuration: defaults, every key, the environment's address, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest
from ruamel.yaml import YAML

from reconciler.configuration.config import (
    Cloud,
    Configuration,
    PartnerCenterSettings,
    config_schema,
    find_configuration,
    load_configuration,
)
from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Category, Source
from reconciler.model.plan import Target
from reconciler.model.policy import Policy, SideCheck, Undeclared
from reconciler.model.state import Qualification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD: Final = "apiVersion: reconciler/v1\nkind: ReconcilerConfig\n"
TENANT: Final = "5d4b0c3a-8d1e-4c5e-9f6a-0c2d3e4f5a6b"

FULL: Final = f"""\
{HEAD}manifests: [customers/, more.yaml]
secretsFolder: /run/secrets
stateDir: state
auditLog: records/audit.jsonl
partnerCenter:
  cloud: usgov
  tenantId: {TENANT.upper()}
  endpoint: HTTP://127.0.0.1:8085/
  requestsPerMinute: 480
  concurrency: 5
policy:
  permit: [Education]
  maxCreates: 0
  failOn: [blocked]
  undeclared: ignore
  accountStatus: block
  customerAgreement: skip
"""


def load(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Configuration:
    (folder / "reconciler.yaml").write_bytes(text.encode())
    return load_configuration(None, environ or {}, folder)


def refused(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is told of a configuration: its place, its rule and its message."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, environ)
    assert all(each.remedy for each in caught.value.diagnostics)
    return [f"{each.source} {each.rule}: {each.message}" for each in caught.value.diagnostics]


def test_defaults(tmp_path: Path) -> None:
    """A configuration that says nothing holds the contract's defaults, with absolute paths."""
    assert load(tmp_path, HEAD) == Configuration(
        path=tmp_path / "reconciler.yaml",
        folder=tmp_path,
        manifests=(tmp_path / "customers",),
        secrets_folder=None,
        state_dir=tmp_path / ".reconciler",
        partner_center=PartnerCenterSettings(),
        policy=Policy(),
    )


def test_every_key(tmp_path: Path) -> None:
    """Every key of the contract is read."""
    configuration = load(tmp_path, FULL)
    assert configuration == Configuration(
        path=tmp_path / "reconciler.yaml",
        folder=tmp_path,
        manifests=(tmp_path / "customers", tmp_path / "more.yaml"),
        secrets_folder=type(tmp_path)("/run/secrets"),
        state_dir=tmp_path / "state",
        audit_log=tmp_path / "records" / "audit.jsonl",
        partner_center=PartnerCenterSettings(
            cloud=Cloud.USGOV,
            tenant_id=TENANT,
            endpoint="http://127.0.0.1:8085",
            requests_per_minute=480,
            concurrency=5,
        ),
        policy=Policy(
            permit=frozenset({Qualification.EDUCATION}),
            max_creates=0,
            fail_on=frozenset({Category.BLOCKED}),
            undeclared=Undeclared.IGNORE,
            account_status=SideCheck.BLOCK,
            customer_agreement=SideCheck.SKIP,
        ),
    )
    assert configuration.target == Target("http://127.0.0.1:8085", TENANT)


def test_narrowed_to_nothing(tmp_path: Path) -> None:
    """Policy may permit nothing, and let nothing fail a run."""
    policy = load(tmp_path, HEAD + "policy: {permit: [], failOn: []}\n").policy
    assert (policy.permit, policy.fail_on) == (frozenset(), frozenset())


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Paths belong to the configuration's folder, wherever the program is run."""
    (tmp_path / "deep").mkdir()
    text = HEAD + "secretsFolder: ../secrets\npartnerCenter: {emulator: live.yaml}\n"
    (tmp_path / "deep" / "other.yaml").write_text(text)
    path = type(tmp_path)("deep/other.yaml")
    configuration = load_configuration(path, {}, tmp_path)
    assert configuration.folder == tmp_path / "deep"
    assert configuration.secrets_folder == tmp_path / "deep" / ".." / "secrets"
    assert configuration.partner_center.emulator == tmp_path / "deep" / "live.yaml"
    assert configuration.target == Target("emulator")


@pytest.mark.parametrize(
    ("cloud", "address", "authority"),
    [
        (
            "global",
            "https://api.partnercenter.microsoft.com",
            "https://login.microsoftonline.com",
        ),
        ("usgov", "https://api.partnercenter.microsoft.com", "https://login.microsoftonline.us"),
        (
            "china",
            "https://partner.partnercenterapi.microsoftonline.cn",
            "https://login.partner.microsoftonline.cn",
        ),
    ],
)
def test_clouds(cloud: str, address: str, authority: str, tmp_path: Path) -> None:
    """Each cloud has its address, its authority and its scope; agreements only the public one."""
    settings = load(tmp_path, f"{HEAD}partnerCenter: {{cloud: {cloud}}}\n").partner_center
    assert settings.address == address
    assert settings.cloud.authority == authority
    assert settings.cloud.scope == f"{address}/.default"
    assert settings.cloud.has_agreements == (cloud == "global")


@pytest.mark.parametrize("kind", ["endpoint: http://localhost:1", "emulator: live.yaml", ""])
def test_endpoint_of_the_environment(kind: str, tmp_path: Path) -> None:
    """The environment's address takes the place of the file's, the emulator's too."""
    environ = {"PARTNER_CENTER_ENDPOINT": "https://Proxy.Contoso.com:443/"}
    settings = load(tmp_path, f"{HEAD}partnerCenter: {{{kind}}}\n", environ).partner_center
    assert settings == PartnerCenterSettings(endpoint="https://proxy.contoso.com")


@pytest.mark.parametrize("text", ["", " "])
def test_empty_variable(text: str, tmp_path: Path) -> None:
    """A variable that is set to nothing counts as unset."""
    text = f"{HEAD}partnerCenter: {{emulator: live.yaml}}\n"
    configuration = load(tmp_path, text, {"PARTNER_CENTER_ENDPOINT": ""})
    assert configuration.target.address == "emulator"


def test_invalid_variable(tmp_path: Path) -> None:
    """A wrong address in the environment is told with what is wrong in the file, unrepeated."""
    environ = {"PARTNER_CENTER_ENDPOINT": "https://user:planted@contoso.com"}
    in_file, in_environment = refused(tmp_path, HEAD + "plicy: {}\n", environ)
    assert in_file == (
        'reconciler.yaml:3:1 unknown-key: the configuration has no key "plicy": it takes '
        "apiVersion, kind, manifests, secretsFolder, stateDir, auditLog, partnerCenter and policy"
    )
    assert in_environment == (
        "None invalid-value: the variable PARTNER_CENTER_ENDPOINT is an address with a user name "
        "or a password"
    )


PARTNER_CENTER: Final = {
    "unknown cloud": ("cloud: gov", "10 invalid-value: partnerCenter.cloud is"),
    "tenant": ("tenantId: a b", "13 invalid-value: partnerCenter.tenantId is"),
    "number for a tenant": ("tenantId: 12", "13 invalid-value: partnerCenter.tenantId is a number"),
    "plain http": (
        "endpoint: http://api.partnercenter.microsoft.com",
        "13 invalid-value: partnerCenter.endpoint is plain http to another machine",
    ),
    "another host": (
        "endpoint: https://contoso.com",
        "13 invalid-value: partnerCenter.endpoint is of a host that is neither",
    ),
    "no address": ("endpoint: [a]", "13 invalid-value: partnerCenter.endpoint is a list"),
    "endpoint and emulator": (
        "{endpoint: 'https://localhost', emulator: live.yaml}",
        "3 invalid-value: partnerCenter is given both an endpoint and an emulator",
    ),
    "no requests": ("requestsPerMinute: 0", "22 invalid-value: partnerCenter.requestsPerMinute"),
    "text for requests": ("requestsPerMinute: '5'", "22 invalid-value: partnerCenter.requests"),
    "no concurrency": ("concurrency: 0", "16 invalid-value: partnerCenter.concurrency"),
    "too much concurrency": ("concurrency: 65", "16 invalid-value: partnerCenter.concurrency"),
    "boolean": ("concurrency: true", "16 invalid-value: partnerCenter.concurrency is true"),
    "null": ("emulator: null", "13 invalid-value: partnerCenter.emulator is null"),
    "misspelt": ("tenantID: a", "3 unknown-key: partnerCenter has no key"),
}


@pytest.mark.parametrize(("text", "message"), PARTNER_CENTER.values(), ids=PARTNER_CENTER)
def test_partner_center_refused(text: str, message: str, tmp_path: Path) -> None:
    """What can't be in partnerCenter is told at its place."""
    block = text if text.startswith("{") else "\n  " + text
    (told,) = refused(tmp_path, f"{HEAD}partnerCenter: {block}\n")
    assert (
        told.partition(":")[2]
        .partition(":")[2]
        .startswith(message if "\n" in block else "16" + message.removeprefix("3"))
    )


POLICY: Final = {
    "maxCreates: -1": "policy.maxCreates is a number, not a whole number from 0 on",
    "maxCreates: 1.5": "policy.maxCreates is a number, not a whole number from 0 on",
    f"maxCreates: {'9' * 5000}": "policy.maxCreates is a number, not a whole number from 0 on",
    "permit: [Nonprofit]": "policy.permit[0] is Nonprofit, which the service lets nobody set",
    "permit: [None]": "policy.permit[0] is None, which the service lets nobody set",
    "permit: [education]": (
        'policy.permit[0] is "education", not Education or GovernmentCommunityCloud or '
        "StateOwnedEntity"
    ),
    "permit: Education": 'policy.permit is "Education", not a list',
    "failOn: [pending]": "policy.failOn[0] is pending, which never makes the exit code 3",
    "failOn: [warning]": 'policy.failOn[0] is "warning", not blocked or denied or impossible',
    "undeclared: no": 'policy.undeclared is "no", not flag or ignore',
    "accountStatus: true": "policy.accountStatus is true, not block or warn or skip",
}


@pytest.mark.parametrize(("text", "message"), POLICY.items())
def test_policy_refused(text: str, message: str, tmp_path: Path) -> None:
    """Policy can be narrowed and never widened, and each refusal says what is due."""
    (told,) = refused(tmp_path, f"{HEAD}policy: {{{text}}}\n")
    assert told.partition(" ")[2] == f"invalid-value: {message}"


SHAPES: Final = {
    "empty": ("", ["syntax"]),
    "list": ("- a\n", ["invalid-value"]),
    "another kind": ("apiVersion: reconciler/v1\nkind: Secret\n", ["invalid-value"]),
    "another version": ("apiVersion: v2\nkind: ReconcilerConfig\n", ["invalid-value"]),
    "nothing of it": ("{}\n", ["missing-key", "missing-key"]),
    "no manifests": (HEAD + "manifests: []\n", ["invalid-value"]),
    "null audit log": (HEAD + "auditLog: null\n", ["invalid-value"]),
    "null section": (HEAD + "policy:\n", ["invalid-value"]),
    "number for a path": (HEAD + "stateDir: 12\n", ["invalid-value"]),
    "alias": (HEAD + "stateDir: &a b\nsecretsFolder: *a\n", ["forbidden-yaml", "forbidden-yaml"]),
    "key twice": (HEAD + "stateDir: a\nstateDir: b\n", ["duplicate-key"]),
    "not UTF-8": (HEAD + "# \0\n", ["encoding"]),
    "too large": ("#" * (8 * 1024 * 1024 + 1), ["too-large"]),
}


@pytest.mark.parametrize(("text", "rules"), SHAPES.values(), ids=SHAPES)
def test_refused(text: str, rules: list[str], tmp_path: Path) -> None:
    """A file that is no configuration is told as a broken manifest would be."""
    assert [each.split(" ")[1].rstrip(":") for each in refused(tmp_path, text)] == rules


LOGS: Final = {
    "customers/log.yaml": "among the manifests",
    "link/log.yml": "among the manifests",
    ".reconciler/audit.jsonl": "in stateDir, where the journal and the lock are",
    "reconciler.yaml": "the configuration",
    "live.yaml": "the emulator's seed",
}


@pytest.mark.parametrize(("log", "what"), LOGS.items())
def test_no_audit_log_among_other_files(log: str, what: str, tmp_path: Path) -> None:
    """It would break them, or be replaced with them; its line is told."""
    (tmp_path / "customers").mkdir()
    (tmp_path / "link").symlink_to("customers")
    text = HEAD + f"auditLog: {log}\npartnerCenter: {{emulator: live.yaml}}\n"
    told = refused(tmp_path, text)
    assert told == [f"reconciler.yaml:3:11 invalid-value: auditLog names a file that is {what}"]


@pytest.mark.parametrize("log", ["audit.jsonl", "customers/audit.jsonl", "../audit.yaml"])
def test_an_audit_log_of_its_own(log: str, tmp_path: Path) -> None:
    """What is no manifest and no file of a run may be the log."""
    assert load(tmp_path, HEAD + f"auditLog: {log}\n").audit_log == tmp_path / log


def test_all_at_once(tmp_path: Path) -> None:
    """Every problem is told in one error, which names the first."""
    text = HEAD + "policy:\n  maxCreates: many\n  failOn: [all]\n"
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    error = caught.value
    assert [each.source for each in error.diagnostics] == [
        Source("reconciler.yaml", 4, 15),
        Source("reconciler.yaml", 5, 12),
    ]
    assert error.message.startswith("reconciler.yaml:4:15: policy.maxCreates is")
    assert error.message.endswith("(and 1 more)")
    assert error.remedy == error.diagnostics[0].remedy


def test_find(tmp_path: Path) -> None:
    """Without a name it is `reconciler.yaml` in the working folder, where it is there."""
    assert find_configuration(None, tmp_path) is None
    (tmp_path / "reconciler.yaml").touch()
    assert find_configuration(None, tmp_path) == tmp_path / "reconciler.yaml"
    asked = type(tmp_path)("other.yaml")
    assert find_configuration(asked, tmp_path) == tmp_path / "other.yaml"


@pytest.mark.parametrize("name", [None, "other.yaml"])
def test_missing(name: str | None, tmp_path: Path) -> None:
    """A configuration that is not there is told by its name, with the way to get one."""
    asked = None if name is None else type(tmp_path)(name)
    with pytest.raises(ConfigurationError, match=name or "reconciler.yaml") as caught:
        load_configuration(asked, {}, tmp_path)
    assert "reconciler init" in caught.value.remedy


def test_outside_the_working_folder(tmp_path: Path) -> None:
    """A configuration elsewhere is told by its whole path."""
    (tmp_path / "cwd").mkdir()
    (tmp_path / "reconciler.yaml").write_text("a: b: c\n")
    with pytest.raises(ConfigurationError, match=f"{tmp_path.as_posix()}/reconciler.yaml:1:5: "):
        load_configuration(tmp_path / "reconciler.yaml", {}, tmp_path / "cwd")


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


def test_schema() -> None:
    """The JSON Schema is valid, allows what is valid, and describes every key."""
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(parsed(HEAD))
    validator.validate(parsed(FULL))
    for text in POLICY:
        if "1.5" not in text and "999" not in text:
            assert not validator.is_valid(parsed(f"{HEAD}policy: {{{text}}}\n")), text
    keys = [*schema["properties"].items()]
    for section in ("PartnerCenterSection", "PolicySection"):
        keys += schema["$defs"][section]["properties"].items()
    undescribed = [name for name, about in keys if "description" not in about]
    assert undescribed == ["apiVersion", "kind", "partnerCenter", "policy"]


@pytest.mark.parametrize(
    ("ceiling", "share", "shared"),
    [
        (480, Fraction(1, 4), 120),
        (480, Fraction(1, 7), 68),
        (3, Fraction(1, 4), 1),
        (480, Fraction(0), 1),
        (480, Fraction(1), 480),
        (None, Fraction(1, 4), None),
    ],
)
def test_runs_that_go_at_once_share_the_ceiling(
    ceiling: int | None, share: Fraction, shared: int | None
) -> None:
    """Together they ask no faster than one run; where there is none, there is nothing to share."""
    settings = PartnerCenterSettings(requests_per_minute=ceiling)
    assert settings.at_share(share).requests_per_minute == shared
