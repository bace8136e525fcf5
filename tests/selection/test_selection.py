"""Which customers each narrowing keeps, what it says of it, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from reconciler.configuration.config import load_configuration
from reconciler.manifests.loading import load_desired
from reconciler.model.errors import PlanRefused, UsageError
from reconciler.model.findings import Category, Severity
from reconciler.model.plan import Plan, Scope, Selection, Step, Target
from reconciler.model.shards import Shard
from reconciler.model.state import CustomerId, Qualification
from reconciler.selection.selection import (
    Narrowing,
    Selected,
    manifest_places,
    reselect,
    select,
)
from tests.repositories import (
    CONFIGURATION,
    GitFolder,
    customer_id,
    make_repository,
    manifest,
)

if TYPE_CHECKING:
    from pathlib import Path


HELD_BY = next(index for index in (1, 2) if Shard(index, 2).holds(CustomerId(customer_id(2))))
"""The half that holds customer 2."""


def labelled(number: int, name: str, **labels: str) -> str:
    told = ", ".join(f"{key}: {value}" for key, value in labels.items())
    return manifest(number).replace(
        f"{{name: customer-{number}}}", f"{{name: {name}, labels: {{{told}}}}}"
    )


@pytest.fixture
def repository(tmp_path: Path) -> GitFolder:
    made = make_repository(tmp_path / "repository")
    made.write("customers/contoso.yaml", labelled(1, "contoso", region="us-west", kind="school"))
    made.write("customers/fabrikam.yaml", labelled(2, "fabrikam", region="us-east"))
    made.write("customers/northwind.yaml", labelled(3, "northwind", region="us-west"))
    made.write("customers/tailspin.yaml", manifest(4, name="tailspin"))
    return made


def narrowed(repository: GitFolder, narrowing: Narrowing) -> Selected:
    return select(repository.desired(), narrowing, repository.places())


def names(selected: Selected) -> list[str]:
    return [customer.name for customer in selected.desired.customers]


def test_without_a_narrowing_everybody_is_kept(repository: GitFolder) -> None:
    """Nothing is asked of git, nothing is said, and the plan tells of no selection."""
    selected = narrowed(repository, Narrowing())
    assert selected.desired == repository.desired()
    assert selected.scope == Scope()
    assert selected.notes == ()


@pytest.mark.parametrize(
    ("narrowing", "kept"),
    [
        (Narrowing(customers=("fabrikam",)), ["fabrikam"]),
        (Narrowing(customers=("tailspin", "contoso", "contoso")), ["contoso", "tailspin"]),
        (Narrowing(customers=(customer_id(3),)), ["northwind"]),
        (Narrowing(customers=(customer_id(3).upper(), "tailspin")), ["northwind", "tailspin"]),
        (Narrowing(selector="region=us-west"), ["contoso", "northwind"]),
        (Narrowing(selector="kind=school"), ["contoso"]),
        (Narrowing(selector="region=us-west", customers=("contoso", "fabrikam")), ["contoso"]),
        (Narrowing(shard="1/1"), ["contoso", "fabrikam", "northwind", "tailspin"]),
    ],
)
def test_each_narrowing_keeps_its_own(
    repository: GitFolder, narrowing: Narrowing, kept: list[str]
) -> None:
    """Several narrowings keep what each of them keeps; the order of the customers stays."""
    selected = narrowed(repository, narrowing)
    assert names(selected) == kept
    assert selected.notes == ()


@pytest.mark.parametrize("selector", ["region=mars", "planet=earth", "region=", "kind=school=x"])
def test_a_label_nobody_has_selects_nobody_and_says_so(
    repository: GitFolder, selector: str
) -> None:
    """That a label is on nobody is no mistake, but worth a word."""
    selected = narrowed(repository, Narrowing(selector=selector))
    assert names(selected) == []
    assert selected.notes == ("no customer is selected",)


@pytest.mark.parametrize(
    ("narrowing", "message", "remedy"),
    [
        (Narrowing(customers=("contosso",)), '"contosso"', "did you mean contoso?"),
        (Narrowing(customers=("contoso", "zzz")), '"zzz"', "give the name of a manifest"),
        (Narrowing(customers=(customer_id(9),)), customer_id(9), "give the name"),
        (Narrowing(customers=("",)), '""', "give the name"),
        (Narrowing(customers=("Contoso",)), '"Contoso"', "did you mean contoso?"),
        (Narrowing(customers=("\x1b[31m",)), r'"\\x1b\[31m"', "give the name"),
        (Narrowing(selector="region"), "key=value", "region=us-west"),
        (Narrowing(selector="=us-west"), "key=value", "region=us-west"),
        (Narrowing(selector=""), "key=value", "region=us-west"),
        (Narrowing(shard="0/4"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="5/4"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="1/0"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="-1/4"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="1"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="a/b"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="1/4/2"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard="\N{ARABIC-INDIC DIGIT ONE}/4"), "INDEX/COUNT", "2/4"),
        (Narrowing(shard=""), "INDEX/COUNT", "2/4"),
        (Narrowing(changed_from="--help"), "takes a branch", "origin/main"),
        (Narrowing(changed_from="nowhere"), "no commit 'nowhere'", "fetch-depth: 0"),
    ],
)
def test_nonsense_is_a_usage_error(
    repository: GitFolder, narrowing: Narrowing, message: str, remedy: str
) -> None:
    """What can't be meant is refused, with the way out, before anything is read or planned."""
    with pytest.raises(UsageError, match=message) as refusal:
        narrowed(repository, narrowing)
    assert remedy in refusal.value.remedy
    assert refusal.value.exit_code == 64


def test_the_shards_together_are_the_whole(repository: GitFolder) -> None:
    """No customer is lost between the parts."""
    parts = [names(narrowed(repository, Narrowing(shard=f"{index}/3"))) for index in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == names(
        narrowed(repository, Narrowing())
    )


def test_the_plan_tells_what_was_asked_for(repository: GitFolder) -> None:
    """The selection of the plan's document holds the words of the command line."""
    repository.commit()
    narrowing = Narrowing(("contoso",), "region=us-west", "main", "1/1")
    selected = narrowed(repository, narrowing)
    assert selected.scope.selection == Selection("1/1", "region=us-west", ("contoso",), "main")


def test_only_what_changed_is_kept_and_what_was_dropped_is_told(repository: GitFolder) -> None:
    """A dropped customer is an advisory without a place: there is no text any more."""
    repository.commit()
    repository.branch("change")
    (repository.folder / "customers/fabrikam.yaml").unlink()
    repository.write("customers/tailspin.yaml", manifest(4, name="renamed"))
    selected = narrowed(repository, Narrowing(changed_from="main"))
    assert names(selected) == ["renamed"]
    [finding] = selected.scope.findings
    assert (finding.rule, finding.category, finding.severity, finding.source) == (
        "customer-dropped",
        Category.ADVISORY,
        Severity.WARNING,
        None,
    )
    assert (finding.customer_id, finding.name) == (customer_id(2), "fabrikam")
    [note] = selected.notes
    assert note.startswith("1 of 3 customers changed since the merge base with main")


def test_nothing_changed_is_an_empty_plan(repository: GitFolder) -> None:
    """A change of something else keeps nobody."""
    repository.commit()
    selected = narrowed(repository, Narrowing(changed_from="main"))
    assert names(selected) == []
    assert selected.scope.findings == ()


def test_an_unknown_history_keeps_everybody_and_is_said(repository: GitFolder) -> None:
    """A changed configuration means a full plan, but the other narrowings hold."""
    repository.commit()
    repository.write("reconciler.yaml", f"# changed\n{CONFIGURATION}")
    selected = narrowed(repository, Narrowing(changed_from="main", selector="region=us-west"))
    assert names(selected) == ["contoso", "northwind"]
    assert selected.notes == ("full plan: reconciler.yaml changed since the merge base with main",)


@pytest.mark.parametrize(
    ("narrowing", "told"),
    [
        (Narrowing(customers=("fabrikam",)), True),
        (Narrowing(customers=(customer_id(2),)), True),
        (Narrowing(customers=("contoso",)), False),
        (Narrowing(selector="region=us-east"), True),
        (Narrowing(selector="region=us-west"), False),
        (Narrowing(shard=f"{HELD_BY}/2"), True),
        (Narrowing(shard=f"{3 - HELD_BY}/2"), False),
    ],
)
def test_a_dropped_customer_is_narrowed_as_the_others(
    repository: GitFolder, narrowing: Narrowing, *, told: bool
) -> None:
    """It is told in its shard only, under its labels, and may be asked for by name."""
    repository.commit()
    repository.branch("change")
    (repository.folder / "customers/fabrikam.yaml").unlink()
    asked = Narrowing(narrowing.customers, narrowing.selector, "main", narrowing.shard)
    assert bool(narrowed(repository, asked).scope.findings) == told


def test_the_seed_is_no_manifest_while_the_environment_names_an_address(
    repository: GitFolder,
) -> None:
    """A seed in the manifests' folder is skipped at the merge base as in the working tree."""
    repository.write(
        "reconciler.yaml", CONFIGURATION + "partnerCenter: {emulator: customers/live.yaml}\n"
    )
    repository.write("customers/live.yaml", "customers: []\n")
    repository.commit()
    repository.branch("change")
    repository.write("customers/live.yaml", "customers: [{id: x}]\n")
    repository.write("customers/tailspin.yaml", labelled(4, "tailspin", region="us-west"))
    folder = repository.folder
    environ = {"PARTNER_CENTER_ENDPOINT": "http://127.0.0.1:8085"}
    configuration = load_configuration(None, environ, folder)
    desired = load_desired((), configuration, folder)
    places = manifest_places(configuration, (), folder)
    selected = select(desired, Narrowing(changed_from="main"), places)
    assert names(selected) == ["tailspin"]


def test_the_places_are_those_that_were_loaded(repository: GitFolder) -> None:
    """Paths of the command line go before those of the configuration."""
    cwd = repository.folder
    text = "secretsFolder: secrets\npartnerCenter: {emulator: live.yaml}\n"
    path = repository.folder / "reconciler.yaml"
    path.write_text(path.read_text() + text)
    (repository.folder / "secrets").mkdir()
    configuration = load_configuration(None, {}, cwd)
    places = manifest_places(configuration, (), cwd)
    assert places.configuration == path
    assert places.folder == cwd
    assert places.paths == (cwd / "customers",)
    assert places.secrets_folder == cwd / "secrets"
    assert places.skip == {path, cwd / "live.yaml"}
    asked = (path.relative_to(cwd).parent / "customers/contoso.yaml",)
    assert manifest_places(configuration, asked, cwd).paths == (cwd / "customers/contoso.yaml",)


@pytest.mark.parametrize("selector", [None, "region=us-west"])
def test_a_shard_shares_the_pace_by_its_customers(
    repository: GitFolder, selector: str | None
) -> None:
    """All shards run at once against one service, and none of them is to end last."""
    whole = narrowed(repository, Narrowing(selector=selector))
    shards = [
        narrowed(repository, Narrowing(selector=selector, shard=f"{each}/3")) for each in (1, 2, 3)
    ]
    assert whole.share == 1
    for shard in shards:
        customers, of_all = len(shard.desired.customers), len(whole.desired.customers)
        assert shard.share == (Fraction(customers, of_all) if customers else Fraction(1, 3))


def reselected(repository: GitFolder, selection: Selection) -> Selected:
    """Ask whom a saved plan was made for that has a step of contoso."""
    step = Step(CustomerId(customer_id(1)), "contoso", Qualification.SOE)
    plan = Plan(Target("emulator"), (step,), selection=selection)
    return reselect(repository.desired(), plan, repository.places())


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        (Selection(), ["contoso", "fabrikam", "northwind", "tailspin"]),
        (Selection(customers=("fabrikam", "gone")), ["fabrikam"]),
        (Selection(customers=("gone",)), []),
        (Selection(selector="region=us-west"), ["contoso", "northwind"]),
        (Selection(shard="1/1", selector="kind=school"), ["contoso"]),
    ],
)
def test_a_saved_plan_is_of_its_selection(
    repository: GitFolder, selection: Selection, kept: list[str]
) -> None:
    """The manifests of today are narrowed as the plan says that they were; who is gone is gone."""
    selected = reselected(repository, selection)
    assert names(selected) == kept
    assert selected.scope.selection == selection


def test_a_merged_change_still_has_the_customers_of_its_plan(repository: GitFolder) -> None:
    """After the merge nothing differs from the ref: whoever the plan names is looked at."""
    repository.commit("onboarding")
    assert names(reselected(repository, Selection(changed_from="main"))) == ["contoso"]


def test_a_ref_that_is_gone_selects_everybody(repository: GitFolder) -> None:
    """Without a history nobody is left out, and it is said."""
    selected = reselected(repository, Selection(changed_from="gone"))
    assert len(names(selected)) == 4
    assert "no commit 'gone'" in selected.notes[0]


def test_a_selection_that_makes_no_sense_is_refused(repository: GitFolder) -> None:
    """Nobody's plan has one like it."""
    with pytest.raises(PlanRefused, match="key=value"):
        reselected(repository, Selection(selector="region"))
