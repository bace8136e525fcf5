"""The shape of `reconciler.yaml`: its keys and the values they may have."""

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

from reconciler.configuration.clouds import Cloud
from reconciler.configuration.messages import SHAPE
from reconciler.model.findings import Category
from reconciler.model.policy import CREATABLE, FAILING, Policy, SideCheck, Undeclared
from reconciler.model.state import Qualification
from reconciler.validation.addresses import read_endpoint
from reconciler.validation.fields import NOT_NULL, STRICT, FilePath, Host
from reconciler.validation.problems import TOLD, Problem, find_problems

_DEFAULTS: Final = Policy()

_ENDPOINT_REMEDY: Final = (
    "write http://127.0.0.1:PORT or one of Partner Center's own addresses; any other https "
    "address goes into the variable PARTNER_CENTER_ENDPOINT"
)


def _endpoint(text: str) -> str:
    try:
        return read_endpoint(text, any_host=False)
    except ValueError as error:
        context = {"what": str(error), "remedy": _ENDPOINT_REMEDY}
        raise PydanticCustomError(TOLD, "{what}", context) from None


def _creatable(qualification: Qualification) -> Qualification:
    if qualification not in CREATABLE:
        remedy = "take it out: policy can narrow what is created, never widen it"
        context = {"name": qualification.value, "remedy": remedy}
        raise PydanticCustomError(TOLD, "{name}, which the service lets nobody set", context)
    return qualification


def _failing(category: Category) -> Category:
    if category not in FAILING:
        remedy = "take it out: only impossible, blocked and denied findings can make a run fail"
        context = {"name": category.value, "remedy": remedy}
        raise PydanticCustomError(TOLD, "{name}, which never makes the exit code 3", context)
    return category


_FROM_TEXT: Final = Field(strict=False)
PerMinute = Annotated[int, Field(ge=1)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Creatable = Annotated[
    Qualification,
    _FROM_TEXT,
    AfterValidator(_creatable),
    WithJsonSchema({"enum": sorted(CREATABLE)}),
]
Failing = Annotated[
    Category, _FROM_TEXT, AfterValidator(_failing), WithJsonSchema({"enum": sorted(FAILING)})
]


class PartnerCenterSection(BaseModel):
    """Which Partner Center is asked, and how hard."""

    model_config = STRICT

    cloud: Annotated[Cloud, _FROM_TEXT] = Field(
        default=Cloud.GLOBAL, description="Decides address, authority and scope."
    )
    tenant_id: Annotated[Host | None, NOT_NULL] = Field(
        default=None,
        description="The partner's tenant: a token of another one is refused before any call.",
    )
    endpoint: Annotated[Endpoint | None, NOT_NULL] = Field(
        default=None,
        description="Replaces only the address: this machine, or one of Microsoft's own hosts.",
    )
    emulator: Annotated[FilePath | None, NOT_NULL] = Field(
        default=None,
        description="The seed of the embedded offline Partner Center, used instead of the service.",
    )
    requests_per_minute: Annotated[PerMinute | None, NOT_NULL] = Field(
        default=None, description="A ceiling for the whole run; left out: none."
    )
    concurrency: int = Field(default=8, ge=1, le=64, description="How many calls run at once.")

    @model_validator(mode="after")
    def _one_of_two(self) -> PartnerCenterSection:
        if self.endpoint is not None and self.emulator is not None:
            remedy = "keep one of them: the emulator takes the place of any address"
            context = {"remedy": remedy}
            raise PydanticCustomError(TOLD, "given both an endpoint and an emulator", context)
        return self


class PolicySection(BaseModel):
    """What may be done, and what makes a run fail."""

    model_config = STRICT

    permit: list[Creatable] = Field(
        default=sorted(CREATABLE), description="What may be created; can be narrowed."
    )
    max_creates: int = Field(
        default=_DEFAULTS.max_creates,
        ge=0,
        description="apply refuses a plan with more steps, without --allow-creates.",
    )
    fail_on: list[Failing] = Field(
        default=sorted(FAILING), description="Categories of findings that make the exit code 3."
    )
    undeclared: Annotated[Undeclared, _FROM_TEXT] = Field(
        default=_DEFAULTS.undeclared,
        description="What to do with live qualifications that a manifest leaves out.",
    )
    account_status: Annotated[SideCheck, _FROM_TEXT] = Field(
        default=_DEFAULTS.account_status,
        description="What an account status that stops purchases does to a create.",
    )
    customer_agreement: Annotated[SideCheck, _FROM_TEXT] = Field(
        default=_DEFAULTS.customer_agreement,
        description="What a missing Microsoft Customer Agreement does to a create.",
    )


class ConfigurationFile(BaseModel):
    """How the manifests of this folder are reconciled. Paths are relative to this file."""

    model_config = STRICT | ConfigDict(title="ReconcilerConfig")

    api_version: Literal["reconciler/v1"]
    kind: Literal["ReconcilerConfig"]
    manifests: list[FilePath] = Field(
        default=["customers/"], min_length=1, description="Files and folders that hold manifests."
    )
    secrets_folder: Annotated[FilePath | None, NOT_NULL] = Field(
        default=None, description="Where validationCodeFrom.file may also point."
    )
    state_dir: FilePath = Field(
        default=".reconciler", description="Holds the journal, the lock and the emulator's state."
    )
    audit_log: Annotated[FilePath | None, NOT_NULL] = Field(
        default=None, description="Each create is put on record in it; left out: nowhere."
    )
    partner_center: PartnerCenterSection = Field(default_factory=PartnerCenterSection)
    policy: PolicySection = Field(default_factory=PolicySection)


def read_shape(data: object) -> ConfigurationFile | list[Problem]:
    """Read a configuration's data, or tell every mistake in it."""
    try:
        return ConfigurationFile.model_validate(data)
    except ValidationError as error:
        return find_problems(error, SHAPE)
