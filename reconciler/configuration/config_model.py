"""The model of `reconciler.yaml`: its keys and the values they may have."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reconciler.configuration.clouds import API_HOSTS, Cloud
from reconciler.model.findings import Category
from reconciler.model.policy import CREATABLE, FAILING, Policy, SideCheck, Undeclared
from reconciler.model.state import Qualification
from reconciler.validation.addresses import read_endpoint
from reconciler.validation.expectations import (
    Expectation,
    catalogue_of,
    expect_mapping,
    expect_one_of,
)
from reconciler.validation.problems import EXPLAINED, Problem, find_problems
from reconciler.validation.strict_models import NOT_NULL, STRICT, FilePath, Host

_DEFAULTS: Final = Policy()

_ENDPOINT_REMEDY: Final = (
    "write http://127.0.0.1:PORT or one of Partner Center's own addresses; any other https "
    "address goes into the variable PARTNER_CENTER_ENDPOINT"
)


def _endpoint(text: str) -> str:
    try:
        return read_endpoint(text, hosts=API_HOSTS)
    except ValueError as error:
        context = {"what": str(error), "remedy": _ENDPOINT_REMEDY}
        raise PydanticCustomError(EXPLAINED, "{what}", context) from None


def _creatable(qualification: Qualification) -> Qualification:
    if qualification not in CREATABLE:
        remedy = "take it out: policy can narrow what is created, never widen it"
        context = {"name": qualification.value, "remedy": remedy}
        raise PydanticCustomError(EXPLAINED, "{name}, which the service lets nobody set", context)
    return qualification


def _failing(category: Category) -> Category:
    if category not in FAILING:
        remedy = "take it out: only impossible, blocked and denied findings can make a run fail"
        context = {"name": category.value, "remedy": remedy}
        raise PydanticCustomError(EXPLAINED, "{name}, which never makes the exit code 3", context)
    return category


def _path(what: str, remedy: str) -> Expectation:
    return Expectation(f"the path of {what}", remedy)


def _number(what: str) -> Expectation:
    return Expectation(what, f"write {what}", text=False)


def _some_of(*choices: str) -> Expectation:
    return Expectation("a list", f"write a list of some of {', '.join(choices)}", text=False)


_FROM_TEXT: Final = Field(strict=False)
PerMinute = Annotated[int, Field(ge=1), _number("a whole number from 1 on")]
Endpoint = Annotated[
    str,
    AfterValidator(_endpoint),
    Expectation("an address", "write an address, such as http://127.0.0.1:8085", secretive=True),
]
Tenant = Annotated[Host, Expectation("a tenant", "write the partner tenant's GUID or domain")]
Creatable = Annotated[
    Qualification,
    _FROM_TEXT,
    AfterValidator(_creatable),
    WithJsonSchema({"enum": sorted(CREATABLE)}),
    expect_one_of(*sorted(CREATABLE)),
]
Failing = Annotated[
    Category,
    _FROM_TEXT,
    AfterValidator(_failing),
    WithJsonSchema({"enum": sorted(FAILING)}),
    expect_one_of(*sorted(FAILING)),
]


class PartnerCenterSection(BaseModel):
    """Which Partner Center is asked, and how hard."""

    model_config = STRICT

    cloud: Annotated[Cloud, _FROM_TEXT, expect_one_of(*Cloud)] = Field(
        default=Cloud.GLOBAL, description="Decides address, authority and scope."
    )
    tenant_id: Annotated[Tenant | None, NOT_NULL] = Field(
        default=None,
        description="The partner's tenant: a token of another one is refused before any call.",
    )
    endpoint: Annotated[Endpoint | None, NOT_NULL] = Field(
        default=None,
        description="Replaces only the address: this machine, or one of Microsoft's own hosts.",
    )
    emulator: Annotated[
        FilePath | None, NOT_NULL, _path("the seed", "write the seed's path, such as live.yaml")
    ] = Field(
        default=None,
        description="The seed of the embedded offline Partner Center, used instead of the service.",
    )
    requests_per_minute: Annotated[PerMinute | None, NOT_NULL] = Field(
        default=None, description="A ceiling for the whole run; left out: none."
    )
    concurrency: Annotated[int, _number("a whole number from 1 to 64")] = Field(
        default=8, ge=1, le=64, description="How many calls run at once."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> PartnerCenterSection:
        if self.endpoint is not None and self.emulator is not None:
            remedy = "keep one of them: the emulator takes the place of any address"
            context = {"remedy": remedy}
            raise PydanticCustomError(EXPLAINED, "given both an endpoint and an emulator", context)
        return self


class PolicySection(BaseModel):
    """What may be done, and what makes a run fail."""

    model_config = STRICT

    permit: Annotated[list[Creatable], _some_of(*sorted(CREATABLE))] = Field(
        default=sorted(CREATABLE), description="What may be created; can be narrowed."
    )
    max_creates: Annotated[int, _number("a whole number from 0 on")] = Field(
        default=_DEFAULTS.max_creates,
        ge=0,
        description="apply refuses a plan with more steps, without --allow-creates.",
    )
    fail_on: Annotated[list[Failing], _some_of(*sorted(FAILING))] = Field(
        default=sorted(FAILING), description="Categories of findings that make the exit code 3."
    )
    undeclared: Annotated[Undeclared, _FROM_TEXT, expect_one_of(*Undeclared)] = Field(
        default=_DEFAULTS.undeclared,
        description="What to do with live qualifications that a manifest leaves out.",
    )
    account_status: Annotated[SideCheck, _FROM_TEXT, expect_one_of(*SideCheck)] = Field(
        default=_DEFAULTS.account_status,
        description="What an account status that stops purchases does to a create.",
    )
    customer_agreement: Annotated[SideCheck, _FROM_TEXT, expect_one_of(*SideCheck)] = Field(
        default=_DEFAULTS.customer_agreement,
        description="What a missing Microsoft Customer Agreement does to a create.",
    )


class ConfigurationFile(BaseModel):
    """How the manifests of this folder are reconciled. Paths are relative to this file."""

    model_config = STRICT | ConfigDict(title="ReconcilerConfig")

    api_version: Annotated[Literal["reconciler/v1"], expect_one_of("reconciler/v1")]
    kind: Annotated[Literal["ReconcilerConfig"], expect_one_of("ReconcilerConfig")]
    manifests: Annotated[
        list[Annotated[FilePath, _path("manifests", "write the path of a file or a folder")]],
        Expectation("a list of paths", "write a list, as [customers/]", text=False),
    ] = Field(
        default=["customers/"], min_length=1, description="Files and folders that hold manifests."
    )
    secrets_folder: Annotated[
        FilePath | None,
        NOT_NULL,
        _path("a folder", "write a folder's path, such as /run/secrets"),
    ] = Field(default=None, description="Where validationCodeFrom.file may also point.")
    state_dir: Annotated[
        FilePath, _path("a folder", "write a folder's path, such as .reconciler")
    ] = Field(
        default=".reconciler", description="Holds the journal, the lock and the emulator's state."
    )
    audit_log: Annotated[
        FilePath | None, NOT_NULL, _path("a file", "write a file's path, such as audit.jsonl")
    ] = Field(default=None, description="Each create is put on record in it; left out: nowhere.")
    partner_center: Annotated[
        PartnerCenterSection, expect_mapping("write cloud, endpoint or emulator under it")
    ] = Field(default_factory=PartnerCenterSection)
    policy: Annotated[
        PolicySection, expect_mapping("write permit, maxCreates or another limit under it")
    ] = Field(default_factory=PolicySection)


MESSAGES: Final = catalogue_of(
    ConfigurationFile, "the configuration", expect_mapping("write at least apiVersion and kind")
)


def read_model(data: object) -> ConfigurationFile | list[Problem]:
    """Read a configuration's data, or tell every mistake in it."""
    try:
        return ConfigurationFile.model_validate(data)
    except ValidationError as error:
        return find_problems(error, MESSAGES)
