"""Reads the emulator's seed into a world: no files, and no code is told.

Beside customers and codes a seed may say: `cloudAgreement: true` of a customer (a Microsoft
Cloud Agreement is confirmed), `auditRecords` (what was done before, by whom), and `auditDelay`
(seconds until an audit record shows).
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from reconciler.emulator.routing import lower_guid
from reconciler.emulator.world import (
    AuditRecord,
    Customer,
    CustomerQualifications,
    Element,
    ValidationCode,
    World,
    digest_of,
    read_instant,
)
from reconciler.model.errors import ConfigurationError
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

EDUCATION: Final = "Education"


def read_seed(seed: Mapping[str, object], called: str = "the emulator's seed") -> World:
    """Raise ConfigurationError naming each place that is wrong; codes are never named."""
    document = read_document(_Seed, seed, called, frozenset({"validationCodes"}))
    customers = {customer.id: _customer(customer) for customer in document.customers}
    codes = {
        digest_of(code): ValidationCode(Secret(code), creates)
        for code, creates in document.validation_codes.items()
    }
    records = tuple(_audit_record(record) for record in document.audit_records)
    delay = timedelta(seconds=document.audit_delay)
    return World(MappingProxyType(customers), MappingProxyType(codes), records, delay)


def _instant(text: str) -> str:
    try:
        read_instant(text)
    except ValueError:
        msg = "is no date and time, such as 2020-12-03T10:37:38.885Z"
        raise ValueError(msg) from None
    return text


def _spelled_out(element: object) -> object:
    return {"qualification": element} if isinstance(element, str) else element


def _listed(elements: object) -> object:
    return [] if elements is None else elements


def _text_keys(codes: object) -> object:
    """YAML and JSON disagree about numbers as keys: a code is text."""
    if codes is None:
        return {}
    if not isinstance(codes, dict):
        return codes
    texts = [_code_text(code) for code in codes]
    if len(set(texts)) < len(texts):
        msg = "a code is there twice"
        raise ValueError(msg)
    return dict(zip(texts, codes.values(), strict=True))


def _code_text(code: object) -> str:
    text = str(code).strip()
    if isinstance(code, bool) or not isinstance(code, int | str) or not text:
        msg = "a code is no text"
        raise ValueError(msg)
    return text


Name = Annotated[str, StringConstraints(min_length=1)]
Guid = Annotated[str, AfterValidator(lower_guid)]
Instant = Annotated[str, AfterValidator(_instant)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # when it is first used: no command uses all
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


class _Element(_Strict):
    """Names and statuses are open sets on the wire, so unknown ones are let in."""

    qualification: Name
    vetting_status: Name | None = None
    vetting_reason: str | None = None
    vetting_created_date: Instant | None = None
    vetting_create_date: Instant | None = None


class _Customer(_Strict):
    id: Guid
    name: Name | None = None
    domain: Name | None = None
    qualifications: Annotated[
        list[Annotated[_Element, BeforeValidator(_spelled_out)]], BeforeValidator(_listed)
    ] = Field(default_factory=list)
    account_status: Name | None = None
    customer_agreement: bool = False
    cloud_agreement: bool = False
    direct_signed: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [element.qualification.casefold() for element in self.qualifications]
        _refuse_twice(names, "qualification")
        return self


class _AuditRecord(_Strict):
    """Named as on the wire; the customer need not be one of the seed's."""

    customer_id: Guid
    qualification: Name
    operation_date: Instant
    user_principal_name: Name | None = None
    application_id: Name | None = None
    original_correlation_id: Name | None = None
    operation_type: Name = "update_customer_qualification"
    operation_status: Name = "succeeded"


class _Seed(_Strict):
    customers: Annotated[list[_Customer], BeforeValidator(_listed)] = Field(default_factory=list)
    audit_records: Annotated[list[_AuditRecord], BeforeValidator(_listed)] = Field(
        default_factory=list
    )
    audit_delay: NonNegativeFloat = 0
    validation_codes: Annotated[dict[str, NonNegativeInt], BeforeValidator(_text_keys)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _ids_once(self) -> Self:
        first: dict[str, int] = {}
        for index, customer in enumerate(self.customers):
            other = first.setdefault(customer.id, index)
            if other != index:
                msg = f"customers[{index}].id is customers[{other}].id again"
                raise ValueError(msg)
        return self


def _refuse_twice(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"the {what} {', '.join(twice)} is there twice"
        raise ValueError(msg)


def _customer(seeded: _Customer) -> Customer:
    return Customer(
        customer_id=seeded.id,
        name=seeded.name or seeded.domain or seeded.id,
        domain=seeded.domain,
        qualifications=_qualifications(seeded.qualifications),
        account_status=seeded.account_status,
        customer_agreement=seeded.customer_agreement,
        cloud_agreement=seeded.cloud_agreement,
        direct_signed=seeded.direct_signed,
    )


def _qualifications(seeded: list[_Element]) -> CustomerQualifications:
    """Education that is there already was verified once."""
    elements = tuple(
        Element(
            each.qualification,
            each.vetting_status,
            each.vetting_reason,
            each.vetting_created_date,
            each.vetting_create_date,
        )
        for each in seeded
    )
    verified = any(element.names(EDUCATION) for element in elements)
    return CustomerQualifications(elements, int(verified))


def _audit_record(seeded: _AuditRecord) -> AuditRecord:
    return AuditRecord(
        seeded.customer_id,
        seeded.qualification,
        seeded.operation_date,
        user=seeded.user_principal_name,
        application_id=seeded.application_id,
        correlation_id=seeded.original_correlation_id,
        operation=seeded.operation_type,
        status=seeded.operation_status,
    )


Document = TypeVar("Document", bound=BaseModel)

LISTED: Final = 10
"""How many problems one message lists."""

_PLAIN: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "model_type": "is no mapping",
}


def read_document(
    model: type[Document], mapping: Mapping[str, object], what: str, secret_keys: frozenset[str]
) -> Document:
    """Raise ConfigurationError with the places, such as `customers[3].id`, and no values.

    Nothing below a top-level key in `secret_keys` is named: its keys are secrets.
    """
    try:
        return model.model_validate(mapping)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False, include_context=False)
        raise _refusal(what, [_problem(error, secret_keys) for error in errors]) from None


def _refusal(what: str, problems: list[str]) -> ConfigurationError:
    more = len(problems) - LISTED
    listed = [*problems[:LISTED], f"and {more} more"] if more > 0 else problems
    return ConfigurationError(f"{what} is invalid: {'; '.join(listed)}", f"mend {what}")


def _problem(error: ErrorDetails, secret_keys: frozenset[str]) -> str:
    place = error["loc"][:1] if error["loc"] and error["loc"][0] in secret_keys else error["loc"]
    spelled = _spelled(place)
    if error["type"] in _PLAIN:
        return f"{spelled or 'the document'} {_PLAIN[error['type']]}"
    why = error["msg"].removeprefix("Value error, ")
    return f"{spelled}: {why}" if spelled else why


def _spelled(place: tuple[int | str, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")
