"""What the models of manifests and configurations share: their strictness, and forms of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from pydantic import BaseModel, GetCoreSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema, core_schema

STRICT: Final = ConfigDict(
    defer_build=True,  # when it is first used: no command uses all
    strict=True,
    frozen=True,
    extra="forbid",
    alias_generator=to_camel,
)


class _NotNull:
    """Marks a field that may be left out, but may not be null."""

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401  # pydantic's protocol
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        schema = handler(source)
        assert schema["type"] == "nullable", "it marks nothing but `X | None`"
        inner: CoreSchema = schema["schema"]
        return inner


NOT_NULL: Final = _NotNull()


class EditorSchema(GenerateJsonSchema):
    """JSON Schema as editors show it: without pydantic's titles and null defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  # pydantic's
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a document, for editors and other tools."""
    schema = model.model_json_schema(schema_generator=EditorSchema)
    return {"$schema": EditorSchema.schema_dialect, **schema}


# Characters that can't be seen, or that move others about on a screen.
HIDDEN: Final = r"\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
VISIBLE: Final = rf"^[^\x00-\x1f{HIDDEN}]+$"
_LETTER: Final = r"[0-9A-Za-z_\u00a1-\uffff]"
_HOST_LABEL: Final = rf"{_LETTER}+(?:-+{_LETTER}+)*"
_HOST: Final = rf"^{_HOST_LABEL}(?:\.{_HOST_LABEL})*$"

Host = Annotated[str, StringConstraints(pattern=_HOST, max_length=253)]
FilePath = Annotated[str, StringConstraints(pattern=VISIBLE, max_length=4096)]
