"""The model of a manifest: its keys, what is due at each, and its JSON Schema.

It reads no files and knows no YAML.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from reconciler.manifests.value_types import (
    A_RULE,
    CodeFile,
    Day,
    Domain,
    EnvName,
    Guid,
    Instant,
    LabelKey,
    LabelValue,
    Name,
    PlanRule,
    Reason,
    Website,
    plan_rule,
)
from reconciler.model.state import EducationSegment, Qualification
from reconciler.validation.expectations import (
    Expectation,
    catalogue_of,
    expect_mapping,
    expect_one_of,
)
from reconciler.validation.strict_models import NOT_NULL, STRICT, json_schema

API_VERSION: Final = "reconciler/v1"
KIND: Final = "CustomerQualifications"


class CodeFrom(BaseModel):
    """Where the validation code is: exactly one of the two, and never the code itself."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]}
    )

    env: Annotated[EnvName | None, NOT_NULL] = Field(
        default=None, description="The environment variable that holds the code."
    )
    file: Annotated[CodeFile | None, NOT_NULL] = Field(
        default=None,
        description="The file that holds the code, in the manifest's folder or in secretsFolder.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> CodeFrom:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError("code_from", "not exactly one of the two")
        return self


_KNOWN_NAME: Final = Expectation(
    "a known qualification",
    "write one of " + ", ".join(Qualification),
    choices=tuple(Qualification),
)


class EducationEntry(BaseModel):
    """An education customer: Microsoft vets it, and never takes it back."""

    model_config = STRICT

    qualification: Annotated[Literal[Qualification.EDUCATION], _KNOWN_NAME]
    education_segment: Annotated[
        EducationSegment | None,
        NOT_NULL,
        Field(strict=False),
        expect_one_of(*EducationSegment),
    ] = Field(default=None, description="Needed for a create; left out where it is live already.")
    website: Annotated[Website | None, NOT_NULL] = Field(
        default=None, description="The institution's website: it helps the vetting."
    )
    resubmit_denial_of: Annotated[Instant | None, NOT_NULL] = Field(
        default=None,
        description="The vetting date of a denial: approves one resubmission of exactly that one.",
    )


class GccEntry(BaseModel):
    """A Government Community Cloud customer: it can be sold GCC offers only, from then on."""

    model_config = STRICT

    qualification: Annotated[Literal[Qualification.GCC], _KNOWN_NAME]
    validation_code_from: Annotated[
        CodeFrom | None,
        NOT_NULL,
        Expectation(
            "exactly one of {env: NAME} and {file: PATH}",
            "write {env: NAME} or {file: PATH}",
            text=False,
            secretive=True,
        ),
    ] = Field(default=None, description="Needed for a create; left out where it is live already.")


class PlainEntry(BaseModel):
    """A qualification that needs no more than its name; only StateOwnedEntity can be set."""

    model_config = STRICT

    qualification: Annotated[
        Literal[Qualification.SOE, Qualification.NONPROFIT, Qualification.NONE], _KNOWN_NAME
    ]


Entry: TypeAlias = EducationEntry | GccEntry | PlainEntry
TaggedEntry = Annotated[Entry, Field(discriminator="qualification")]
ShortEntry = Annotated[Qualification, Field(description="Short for {qualification: ...}.")]


def _in_full(entry: object) -> object:
    return {"qualification": entry} if isinstance(entry, str) else entry


class Metadata(BaseModel):
    model_config = STRICT

    name: Name = Field(description="Unique: lower case letters, digits, hyphens and dots.")
    labels: Annotated[
        dict[LabelKey, LabelValue], expect_mapping("write labels as {key: value}")
    ] = Field(default_factory=dict, description="For --selector key=value.")


class AcceptEntry(BaseModel):
    """A rule whose findings are advisories for this customer, as long as `until` says."""

    model_config = STRICT

    rule: PlanRule = Field(description="The rule's id, as the plan shows it.")
    until: Annotated[Day | None, NOT_NULL] = Field(
        default=None, description="The last day on which it holds; left out: no end."
    )
    reason: Annotated[Reason | None, NOT_NULL] = Field(
        default=None, description="Why it is accepted: the plan shows it."
    )


ShortAcceptance = Annotated[PlanRule, Field(description="Short for {rule: ...}.")]


def _acceptance_in_full(entry: object) -> object:
    return {"rule": plan_rule(entry)} if isinstance(entry, str) else entry


class Spec(BaseModel):
    model_config = STRICT

    customer_id: Guid = Field(description="The customer's tenant id.")
    domain: Annotated[Domain | None, NOT_NULL] = Field(
        default=None, description="Guards against a wrong id: nothing is sent where it differs."
    )
    accept: Annotated[
        list[
            Annotated[
                AcceptEntry,
                BeforeValidator(
                    _acceptance_in_full, json_schema_input_type=AcceptEntry | ShortAcceptance
                ),
                A_RULE,
            ]
        ],
        Expectation("a list", "write a list of rules, as [vetting-denied]", text=False),
    ] = Field(
        default_factory=list,
        description="Findings of these rules are advisories for this customer.",
    )
    qualifications: Annotated[
        list[
            Annotated[
                TaggedEntry,
                BeforeValidator(_in_full, json_schema_input_type=TaggedEntry | ShortEntry),
                Expectation(
                    "a qualification",
                    "write a qualification's name, or a mapping with the key qualification",
                    text=False,
                ),
            ]
        ],
        Expectation(
            "a list",
            "write a list, as [StateOwnedEntity]; [] says that there are none",
            text=False,
        ),
    ] = Field(description="What the customer should have; [] and [None] both say: none.")


def _write(word: str) -> Expectation:
    return Expectation(word, f"write {word}")


class Manifest(BaseModel):
    """What one customer's qualifications should be."""

    model_config = STRICT | ConfigDict(title="CustomerQualifications")

    api_version: Annotated[Literal["reconciler/v1"], _write(API_VERSION)]
    kind: Annotated[Literal["CustomerQualifications"], _write(KIND)]
    metadata: Annotated[Metadata, expect_mapping("write a mapping with a name")]
    spec: Annotated[Spec, expect_mapping("write customerId and qualifications under it")]


MESSAGES: Final = catalogue_of(
    Manifest, "the manifest", expect_mapping("write apiVersion, kind, metadata and spec")
)


def manifest_schema() -> dict[str, Any]:
    """JSON Schema of a manifest, for editors and other tools."""
    return json_schema(Manifest)
