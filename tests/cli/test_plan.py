"""`plan`: what it asks of the service, what it says where that fails, and that it is repeatable."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.project import Project, manifest, settings
from tests.cli.recorder import recording
from tests.cli.shop import (
    AGENCY,
    CODE,
    DENIED,
    NAMES,
    SCHOOL,
    SOE,
    UTILITY,
    digest_of,
    open_shop,
    served_shop,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.recorder import Recorder
    from tests.cli.shop import Shop

GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
APP_ONLY: Final = "app-only-token"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Recorder]]:
    """Plan once through a recorder, with one domain declared and one agreement missing."""
    folder = tmp_path_factory.mktemp("recorded")
    shop = open_shop(folder)
    shop.declare(UTILITY, SOE, domain="utility.example")
    customers = [{"id": each, "domain": "utility.example"} for each in NAMES]
    shop.project.seed(customers)
    with shop.project.served() as address, recording(address) as recorder:
        shop.project.environ |= {
            "PARTNER_CENTER_ENDPOINT": recorder.address,
            "PARTNER_CENTER_ACCESS_TOKEN": "planted-token",
        }
        shop.plan()
        yield shop, recorder


def test_only_get(recorded: tuple[Shop, Recorder]) -> None:
    """A plan sends nothing but GET, without a body."""
    _, recorder = recorded
    assert {(request.method, request.body) for request in recorder.requests} == {("GET", b"")}


def test_documented_paths(recorded: tuple[Shop, Recorder]) -> None:
    """One qualifications read for each customer, and the documented side checks of one."""
    _, recorder = recorded
    paths = [request.path for request in recorder.requests]
    reads = sorted(path for path in paths if path.endswith("/qualifications"))
    assert reads == sorted(f"/v1/customers/{each}/qualifications" for each in NAMES)
    base = f"/v1/customers/{UTILITY}"
    assert sorted(path for path in paths if path.startswith(base)) == [
        base,
        f"{base}/agreements?agreementType=MicrosoftCustomerAgreement",
        f"{base}/directSignedMicrosoftCustomerAgreementStatus",
        f"{base}/qualifications",
        f"{base}/validationStatus?type=account",
    ]


def test_documented_headers(recorded: tuple[Shop, Recorder]) -> None:
    """Each call has the token, a GUID for the request and a fresh one for the correlation."""
    _, recorder = recorded
    for request in recorder.requests:
        assert request.headers["authorization"] == "Bearer planted-token"
        assert request.headers["accept"] == "application/json"
        assert GUID.fullmatch(request.headers["ms-requestid"])
        assert GUID.fullmatch(request.headers["ms-correlationid"])
        assert request.headers["ms-partnercenter-application"]
    fresh = {request.headers["ms-correlationid"] for request in recorder.requests}
    assert len(fresh) == len(recorder.requests)


def test_create_on_the_wire(tmp_path: Path) -> None:
    """A create is read before, posted once as documented, with a fresh id for each."""
    with served_shop(tmp_path) as shop, recording(str(shop.address)) as recorder:
        shop.project.environ["PARTNER_CENTER_ENDPOINT"] = recorder.address
        assert shop.apply().code == 3
    posts = recorder.sent("POST")
    bodies = {(post.path.split("/")[3], json.dumps(json.loads(post.body))) for post in posts}
    assert bodies == {
        (
            SCHOOL,
            '{"qualification": "Education", "educationSegment": "K12", "website": "contoso.edu"}',
        ),
        (SCHOOL, '{"qualification": "StateOwnedEntity"}'),
        (
            AGENCY,
            f'{{"qualification": "GovernmentCommunityCloud", "validationCode": "{CODE}"}}',
        ),
        (AGENCY, '{"qualification": "StateOwnedEntity"}'),
        (UTILITY, '{"qualification": "StateOwnedEntity"}'),
    }
    assert len({post.headers["ms-requestid"] for post in posts}) == len(posts)
    for post in posts:
        assert post.headers["content-type"].startswith("application/json")
        before = recorder.requests[: recorder.requests.index(post)]
        reads = [each for each in before if (each.method, each.path) == ("GET", post.path)]
        earlier = [each for each in before if (each.method, each.path) == ("POST", post.path)]
        assert len(reads) == 2 + len(earlier)


@pytest.mark.parametrize("cloud", ["usgov", "china"])
@pytest.mark.parametrize("mode", ["warn", "block", "skip"])
def test_cloud_without_agreements(tmp_path: Path, cloud: str, mode: str) -> None:
    """Agreements are of the public cloud only: elsewhere they are not checked, nor asked for."""
    shop = open_shop(tmp_path)
    text = settings(policy=f"{{customerAgreement: {mode}}}")
    shop.project.write("reconciler.yaml", text.replace("live.yaml", f"live.yaml, cloud: {cloud}"))
    plan = shop.plan()
    found = [finding for finding in plan["findings"] if finding["rule"] == "not-checked"]
    wanted = {"warn": "advisory", "block": "blocked"}.get(mode)
    assert {finding["category"] for finding in found} == ({wanted} if wanted else set())
    assert {finding["customerId"] for finding in found} == (
        {SCHOOL, AGENCY, UTILITY} if wanted else set()
    )
    assert len(plan["steps"]) == (0 if mode == "block" else 5)


def plan_as(shop: Shop, token: str) -> dict[str, Any]:
    project = Project(shop.project.folder, shop.project.environ)
    project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = token
    return project.run("plan", "--format", "json").document


def test_app_only(tmp_path: Path) -> None:
    """An app-only sign-in gives the same digest; what it can't check is told once."""
    shop = open_shop(tmp_path)
    user, app = plan_as(shop, "user"), plan_as(shop, APP_ONLY)
    assert app["digest"] == user["digest"]
    assert app["steps"] == user["steps"]
    found = [finding for finding in app["findings"] if finding["rule"] == "not-checked"]
    assert [(each["category"], each["customerId"], each["source"]) for each in found] == [
        ("advisory", None, None),
        ("advisory", None, None),
    ]
    assert len({finding["message"] for finding in found}) == 2


def test_app_only_where_policy_blocks(tmp_path: Path) -> None:
    """Where policy blocks on what an app-only sign-in can't check, every step is withheld."""
    shop = open_shop(tmp_path)
    shop.policy("{accountStatus: block}")
    plan = plan_as(shop, APP_ONLY)
    found = [finding for finding in plan["findings"] if finding["rule"] == "not-checked"]
    assert sorted(finding["category"] for finding in found) == ["advisory", "blocked"]
    assert (plan["steps"], plan["basis"]) == ([], {})


def claims_token(**claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{part}.planted"


@pytest.mark.parametrize("fault", [403, 400, 418])
def test_unreadable_customer(tmp_path: Path, fault: int) -> None:
    """A customer whose read fails is unreadable, at its customerId; the others are planned."""
    shop = open_shop(tmp_path)
    shop.project.write(
        "faults.yaml",
        f"faults: [{{kind: status, status: {fault}, call: readQualifications, customer: {SCHOOL},"
        ' json: {code: "20002", description: "Not your customer."}}]',
    )
    with shop.project.served("--faults", "faults.yaml") as address:
        shop.project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "user",
        }
        ended = shop.run("plan", "--format", "json")
    plan = ended.document
    assert (ended.code, plan["complete"]) == (1, False)
    assert {step["customerId"] for step in plan["steps"]} == {AGENCY, UTILITY}
    (found,) = [each for each in plan["findings"] if each["category"] == "unreadable"]
    assert (found["rule"], found["severity"]) == ("customer-unreadable", "error")
    line = (tmp_path / "customers/school.yaml").read_text(encoding="utf-8").splitlines()[1]
    column = line.index('"customerId"') + 1
    assert found["source"] == {"file": "customers/school.yaml", "line": 2, "column": column}
    assert str(fault) in found["message"]


def test_refused_sign_in(tmp_path: Path) -> None:
    """401 on a qualifications read stops everything: exit code 1, no plan, nothing saved."""
    with served_shop(tmp_path) as shop:
        shop.project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = claims_token(exp=1)
        ended = shop.run("plan", "--format", "json", "--out", "plan.json")
        calls = shop.state["calls"]
    assert (ended.code, ended.out) == (1, "")
    assert "401" in ended.err
    assert not (tmp_path / "plan.json").exists()
    assert calls == {"readQualifications": 1}


def test_side_check_refused(tmp_path: Path) -> None:
    """401 on a side check stops nothing: that check is not made, and the steps stay."""
    with served_shop(tmp_path) as shop:
        shop.project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = claims_token(amr=["pwd"])
        plan = shop.plan()
    assert len(plan["steps"]) == 5
    rules = {finding["rule"] for finding in plan["findings"] if finding["category"] == "advisory"}
    assert rules == {"not-checked", "gcc-ends-commercial-sales"}


def test_other_tenant_is_refused(tmp_path: Path) -> None:
    """A readable token of another tenant is refused before any call."""
    with served_shop(tmp_path) as shop:
        text = settings().replace("live.yaml", f"live.yaml, tenantId: {SCHOOL}")
        shop.project.write("reconciler.yaml", text)
        shop.project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = claims_token(tid=AGENCY)
        ended = shop.run("plan")
        assert (ended.code, ended.out, shop.state["calls"]) == (1, "", {})
    assert AGENCY in ended.err


def test_saved(tmp_path: Path) -> None:
    """--out saves the very plan that is printed, with the digest that the contract describes."""
    shop = open_shop(tmp_path)
    printed = shop.plan()
    saved = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert saved == printed
    assert printed["digest"] == digest_of(printed)
    assert (printed["formatVersion"], printed["kind"]) == ("1.0", "Plan")
    assert printed["tool"]["name"] == "reconciler"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", printed["createdAt"])
    properties = ("shard", "selector", "customers", "changedFrom", "incremental", "against")
    assert printed["selection"] == dict.fromkeys(properties)


def test_unwritable_out(tmp_path: Path) -> None:
    """A plan that can't be saved is printed all the same, and ends in 1."""
    ended = open_shop(tmp_path).run("plan", "--format", "json", "--out", "no/plan.json")
    assert ended.code == 1
    assert len(ended.document["steps"]) == 5
    assert "no/plan.json can't be written" in ended.err


def test_paths_instead_of_the_configured(tmp_path: Path) -> None:
    """PATH... overrides `manifests:`; places stay relative to the configuration's folder."""
    shop = open_shop(tmp_path)
    shop.project.write("elsewhere/utility.yaml", manifest("utility", UTILITY, [SOE]))
    shop.project.write("customers/utility.yaml", "broken: [")
    plan = shop.run("plan", "--format", "json", "elsewhere", "customers/denied.yaml").document
    assert plan["summary"]["customers"] == 2
    assert [step["source"]["file"] for step in plan["steps"]] == ["elsewhere/utility.yaml"]
    assert [each["source"]["file"] for each in plan["findings"]] == ["customers/denied.yaml"]


def varied(shop: Shop, hash_seed: str, concurrency: int) -> tuple[str, str]:
    """Plan, and tell the plan without its date, and the text of it."""
    text = settings().replace("live.yaml", f"live.yaml, concurrency: {concurrency}")
    shop.project.write("reconciler.yaml", text)
    shop.project.environ["PYTHONHASHSEED"] = hash_seed
    plan = shop.plan()
    del plan["createdAt"]
    return json.dumps(plan), shop.run("show", "plan.json").out


def test_the_same_every_time(tmp_path: Path) -> None:
    """The same input gives the same plan and rendering, one at a time and 64 at once."""
    shop = open_shop(tmp_path)
    assert varied(shop, "1", 1) == varied(shop, "2", 64)


def test_any_order_of_files(tmp_path: Path) -> None:
    """However manifests are spread over files, the steps, the basis and the digest are the same."""
    spread, joined = open_shop(tmp_path / "spread"), open_shop(tmp_path / "joined")
    files = sorted((joined.project.folder / "customers").glob("*.yaml"), reverse=True)
    texts = [file.read_text(encoding="utf-8") for file in files]
    for file in files:
        file.unlink()
    joined.project.write("customers/all.yaml", "".join(texts))
    one, other = spread.plan(), joined.plan()
    assert one["digest"] == other["digest"]
    assert one["basis"] == other["basis"]
    assert names(one, "steps") == names(other, "steps")
    assert names(one, "findings") == names(other, "findings")


def names(plan: dict[str, Any], what: str) -> list[tuple[str, str]]:
    return [(each["name"], each["qualification"]) for each in plan[what]]


@pytest.mark.parametrize(
    ("flags", "policy", "code"),
    [
        ((), "{failOn: []}", 0),
        (("--detailed-exitcode",), "{failOn: []}", 2),
        ((), "{}", 3),
        (("--detailed-exitcode",), "{}", 3),
        ((), "{failOn: [impossible, blocked]}", 0),
        ((), "{failOn: [denied]}", 3),
    ],
)
def test_exit_codes(tmp_path: Path, flags: tuple[str, ...], policy: str, code: int) -> None:
    """3 beats 2; which categories make a 3 is policy's to say."""
    shop = open_shop(tmp_path)
    shop.policy(policy)
    assert shop.run("plan", *flags).code == code


def test_incomplete_beats_all(tmp_path: Path) -> None:
    """1 beats 3 and 2: an incomplete plan ends in 1 with --detailed-exitcode, too."""
    shop = open_shop(tmp_path)
    shop.project.seed([{"id": DENIED}, {"id": UTILITY}])
    ended = shop.run("plan", "--detailed-exitcode", "--format", "json")
    assert (ended.code, ended.document["complete"]) == (1, False)
