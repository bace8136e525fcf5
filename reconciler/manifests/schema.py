"""The shape of a manifest, its JSON Schema, and the way from a manifest to desired state.

It reads no files and knows no YAML; what it is given is plain data, and every mistake in it is told
with its path, never raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reconciler.manifests.checks import check_entries, check_kind, find_codes
from reconciler.manifests.messages import SHAPE
from reconciler.model.state import (
    CodeReference,
    CustomerId,
    DesiredCustomer,
    DesiredQualification,
    EducationSegment,
    Qualification,
)
from reconciler.validation.fields import (
    GUID_PATTERN,
    NOT_NULL,
    STRICT,
    EnvName,
    FilePath,
    Guid,
    Host,
    Instant,
    LabelKey,
    LabelValue,
    Name,
    PlanRule,
    Website,
    json_schema,
)
from reconciler.validation.problems import MOST, Problem, find_problems
from reconciler.validation.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.model.findings import Source
    from reconciler.yaml_text.places import Path


class CodeFrom(BaseModel):
    """Where the validation code is: exactly one of the two, and never the code itself."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]}
    )

    env: Annotated[EnvName | None, NOT_NULL] = Field(
        default=None, description="The environment variable that holds the code."
    )
    file: Annotated[FilePath | None, NOT_NULL] = Field(
        default=None,
        description="The file that holds the code, in the manifest's folder or in secretsFolder.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> CodeFrom:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError("code_from", "not exactly one of the two")
        return self


class EducationEntry(BaseModel):
    """An education customer: Microsoft vets it, and never takes it back."""

    model_config = STRICT

    qualification: Literal[Qualification.EDUCATION]
    education_segment: Annotated[EducationSegment | None, NOT_NULL, Field(strict=False)] = Field(
        default=None, description="Needed for a create; left out where it is live already."
    )
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

    qualification: Literal[Qualification.GCC]
    validation_code_from: Annotated[CodeFrom | None, NOT_NULL] = Field(
        default=None, description="Needed for a create; left out where it is live already."
    )


class PlainEntry(BaseModel):
    """A qualification that needs no more than its name; only StateOwnedEntity can be set."""

    model_config = STRICT

    qualification: Literal[Qualification.SOE, Qualification.NONPROFIT, Qualification.NONE]


Entry: TypeAlias = EducationEntry | GccEntry | PlainEntry
TaggedEntry = Annotated[Entry, Field(discriminator="qualification")]
ShortEntry = Annotated[Qualification, Field(description="Short for {qualification: ...}.")]


def _in_full(entry: object) -> object:
    return {"qualification": entry} if isinstance(entry, str) else entry


class Metadata(BaseModel):
    model_config = STRICT

    name: Name = Field(description="Unique: lower case letters, digits, hyphens and dots.")
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="For --selector key=value."
    )


class Spec(BaseModel):
    model_config = STRICT

    customer_id: Guid = Field(description="The customer's tenant id.")
    domain: Annotated[Host | None, NOT_NULL] = Field(
        default=None, description="Guards against a wrong id: nothing is sent where it differs."
    )
    accept: list[PlanRule] = Field(
        default_factory=list,
        description="Findings of these rules are advisories for this customer.",
    )
    qualifications: list[
        Annotated[
            TaggedEntry,
            BeforeValidator(_in_full, json_schema_input_type=TaggedEntry | ShortEntry),
        ]
    ] = Field(description="What the customer should have; [] and [None] both say: none.")


class Manifest(BaseModel):
    """What one customer's qualifications should be."""

    model_config = STRICT | ConfigDict(title="CustomerQualifications")

    api_version: Literal["reconciler/v1"]
    kind: Literal["CustomerQualifications"]
    metadata: Metadata
    spec: Spec


def manifest_schema() -> dict[str, Any]:
    """JSON Schema of a manifest, for editors and other tools."""
    return json_schema(Manifest)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A document after its review: the manifest where it is a lawful one, and what to tell.

    The name and the customer are there for finding twins, in a manifest with mistakes too.
    """

    manifest: Manifest | None
    problems: Sequence[Problem]
    name: str | None = None
    customer_id: str | None = None


def review(data: object) -> Reviewed:
    """Check a whole document. What is no manifest at all is not checked further."""
    stranger = check_kind(data)
    if stranger is not None:
        return Reviewed(None, (stranger,))
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        mistakes = _mistakes(data, error)
        wrong = {mistake.path[:3] for mistake in mistakes}
        problems = [*mistakes, *_checked_beside(wrong, _entries_of(data))]
        return Reviewed(None, problems, _name_of(data), _customer_of(data))
    name, customer_id = manifest.metadata.name, manifest.spec.customer_id
    return Reviewed(manifest, check_entries(_entries_of(data)), name, customer_id)


def _checked_beside(wrong: set[Path], entries: list[object]) -> Iterator[Problem]:
    """Check the entries together; what a wrong entry seems to lack may only be misspelt there."""
    for problem in check_entries(entries):
        if problem.path not in wrong or not problem.rule.endswith("-missing"):
            yield problem


def _name_of(data: object) -> str | None:
    match data:
        case {"metadata": {"name": str(name)}}:
            return name
        case _:
            return None


def _customer_of(data: object) -> str | None:
    match data:
        case {"spec": {"customerId": str(customer_id)}} if re.match(GUID_PATTERN, customer_id):
            return customer_id.lower()
        case _:
            return None


def _entries_of(data: Any) -> list[object]:  # noqa: ANN401  # foreign data of any shape
    spec = data.get("spec") if isinstance(data, dict) else None
    entries = spec.get("qualifications") if isinstance(spec, dict) else None
    return entries if isinstance(entries, list) else []


def code_files(data: object) -> Iterator[tuple[Path, str]]:
    """Find the files that a manifest names for its codes, each with its path in `data`."""
    for index, entry in enumerate(_entries_of(data)):
        if isinstance(entry, dict) and "validationCodeFrom" in entry:
            match entry["validationCodeFrom"]:
                case {"file": str(name)}:
                    path = ("spec", "qualifications", index, "validationCodeFrom", "file")
                    yield path, name


def _mistakes(data: object, error: ValidationError) -> list[Problem]:
    """Every mistake of the document, those in entries with a misspelt name too."""
    problems = find_problems(error, SHAPE)
    guessed = _with_names_guessed(data)
    if guessed != data:
        try:
            Manifest.model_validate(guessed)
        except ValidationError as more:
            told = set(problems)
            problems += [each for each in find_problems(more, SHAPE) if each not in told]
    codes = list(islice(find_codes(data), MOST))
    places = {code.path for code in codes}
    return codes + [each for each in problems if not _is_under(each.path, places)]


def _is_under(path: Path, places: set[Path]) -> bool:
    return any(path[:length] in places for length in range(len(path) + 1))


def _with_names_guessed(data: Any) -> Any:  # noqa: ANN401  # foreign data of any shape
    match data:
        case {"spec": {"qualifications": list(entries)} as spec}:
            guessed = [_with_name_guessed(entry) for entry in entries]
            return data | {"spec": spec | {"qualifications": guessed}}
        case _:
            return data


def _with_name_guessed(entry: object) -> object:
    match entry:
        case {"qualification": str(name), **others}:
            return {"qualification": nearest(name, Qualification) or name, **others}
        case _:
            return entry


NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
NO_RULES: Final[frozenset[str]] = frozenset()


def desired_customer(
    manifest: Manifest, source: Source, qualifications: Source, entries: Iterable[Source]
) -> DesiredCustomer:
    """Turn a manifest into desired state, with the places of customerId and qualifications."""
    metadata, spec = manifest.metadata, manifest.spec
    return DesiredCustomer(
        customer_id=CustomerId(spec.customer_id),
        name=metadata.name,
        qualifications=tuple(map(_desired, spec.qualifications, entries)),
        source=source,
        qualifications_source=qualifications,
        domain=spec.domain,
        labels=MappingProxyType(metadata.labels) if metadata.labels else NO_LABELS,
        accept=frozenset(spec.accept) if spec.accept else NO_RULES,
    )


def _desired(entry: Entry, source: Source) -> DesiredQualification:
    match entry:
        case EducationEntry():
            return DesiredQualification(
                entry.qualification,
                source,
                education_segment=entry.education_segment,
                website=entry.website,
                resubmit_denial_of=entry.resubmit_denial_of,
            )
        case GccEntry(validation_code_from=CodeFrom() as where):
            reference = CodeReference(env=where.env, file=where.file)
            return DesiredQualification(entry.qualification, source, validation_code_from=reference)
        case _:
            return DesiredQualification(entry.qualification, source)
