"""What is due at each place of a document, gathered from the fields of its pydantic models.

The wording stands on the field, as `Annotated[..., Expectation(...)]`; nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import UnionType
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.yaml_text.places import Path

Pattern: TypeAlias = tuple[str, ...]
"""A path in which `*` stands for any one step."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is due at some path: `what` follows "is not", `remedy` says what to write."""

    what: str
    remedy: str
    choices: tuple[str, ...] = ()
    text: bool = True
    secretive: bool = False
    """True where a secret could stand by mistake: what stands there is never echoed."""


@dataclass(frozen=True, slots=True)
class MessageCatalogue:
    """The wording for one kind of document."""

    name: str
    expectations: Mapping[Pattern, Expectation]
    keys: Mapping[Pattern, tuple[str, ...]]
    """The valid keys of each mapping; those of a tagged one under its tag, as a last step."""
    tagged: Pattern = ()
    """The mappings that pydantic tells apart by the value of `tag`."""
    tag: str = ""


def expect_mapping(remedy: str) -> Expectation:
    return Expectation("a mapping", remedy, text=False)


def expect_one_of(*choices: str) -> Expectation:
    either = " or ".join(choices)
    return Expectation(either, f"write {either}", choices=choices)


def catalogue_of(model: type[BaseModel], name: str, whole: Expectation) -> MessageCatalogue:
    """Gather the wording of a document's model; `whole` is what is due in place of a document."""
    gathering = _Collector({(): whole})
    gathering.add_model((), model)
    return MessageCatalogue(
        name, gathering.expectations, gathering.keys, gathering.tagged, gathering.tag
    )


def fits(path: Path, pattern: Pattern) -> bool:
    return len(path) == len(pattern) and all(
        wanted in ("*", step) for step, wanted in zip(path, pattern, strict=True)
    )


@dataclass(slots=True)
class _Collector:
    """What was gathered so far. Paths have the tag as a step of its own, as pydantic's have."""

    expectations: dict[Pattern, Expectation]
    keys: dict[Pattern, tuple[str, ...]] = field(default_factory=dict)
    tagged: Pattern = ()
    tag: str = ""

    def add_model(self, path: Pattern, model: type[BaseModel]) -> None:
        generate = model.model_config.get("alias_generator")
        # An older pydantic generates the aliases of a model only when it is built.
        alias = generate if callable(generate) else str
        fields = {each.alias or alias(name): each for name, each in model.model_fields.items()}
        self.keys[path] = tuple(fields)
        for key, about in fields.items():
            self._add((*path, key), about.annotation, about.metadata)

    def _add(self, path: Pattern, annotation: object, metadata: Iterable[object]) -> None:
        """Add what an annotation says; what stands further out is told in place of the inner."""
        outer = list(metadata)
        tags = [each.discriminator for each in outer if isinstance(each, FieldInfo)]
        tag = next((each for each in tags if isinstance(each, str)), None)
        if tag is None:
            self._add_within(path, annotation)
        else:
            self.tagged, self.tag = path, tag
            self._add_tagged(path, get_args(annotation))
        for each in outer:
            if isinstance(each, Expectation):
                depth = len(self.tagged)
                inside = depth and len(path) > depth and path[:depth] == self.tagged
                plain = (*path[:depth], *path[depth + 1 :]) if inside else path
                self.expectations[plain] = each

    def _add_within(self, path: Pattern, annotation: object) -> None:
        arguments = get_args(annotation)
        match get_origin(annotation):
            case origin if origin is Annotated:
                self._add(path, arguments[0], arguments[1:])
            case origin if origin in (Union, UnionType):
                for each in arguments:
                    self._add_within(path, each)
            case origin if origin in (list, dict):
                self._add_within((*path, "*"), arguments[-1])
            case None if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                self.add_model(path, annotation)

    def _add_tagged(self, path: Pattern, models: Iterable[type[BaseModel]]) -> None:
        for model in models:
            for value in get_args(model.model_fields[self.tag].annotation):
                self.add_model((*path, str(value)), model)
