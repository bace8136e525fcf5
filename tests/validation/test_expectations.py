"""The wording of a document is gathered from its models: no place of it is told twice, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from reconciler.configuration.config_model import MESSAGES as CONFIGURATION
from reconciler.manifests.manifest_model import MESSAGES as MANIFEST
from reconciler.validation.expectations import Expectation, catalogue_of, fits

if TYPE_CHECKING:
    from reconciler.validation.expectations import MessageCatalogue

WHOLE = Expectation("a zoo", "write a zoo")
INNER = Expectation("an animal's name", "write its name")
OUTER = Expectation("the zoo's name", "write its name")
COUNT = Expectation("a count", "write a number")
AnyName = Annotated[str, INNER]


class Cat(BaseModel):
    kind: Literal["cat", "lion"]
    name: AnyName | None = None


class Fish(BaseModel):
    kind: Literal["fish"]
    tank: Annotated[dict[str, Annotated[int, COUNT]], Expectation("a tank", "write a tank")]


class Zoo(BaseModel):
    name: Annotated[AnyName, OUTER] = Field(alias="zooName")
    animals: list[Annotated[Cat | Fish, Field(discriminator="kind")]]


def test_wording_stands_on_the_fields() -> None:
    """What a field says last counts, and holds for its path without the tag."""
    found = catalogue_of(Zoo, "the zoo", WHOLE).expectations
    assert found[()] == WHOLE
    assert found["zooName",] == OUTER
    assert found["animals", "*", "name"] == INNER
    assert found["animals", "*", "tank", "*"] == COUNT


def test_keys_are_the_fields() -> None:
    """A mapping takes the names of its model's fields; one of several kinds those of its kind."""
    made = catalogue_of(Zoo, "the zoo", WHOLE)
    assert (made.tagged, made.tag) == (("animals", "*"), "kind")
    assert made.keys == {
        (): ("zooName", "animals"),
        ("animals", "*", "cat"): ("kind", "name"),
        ("animals", "*", "lion"): ("kind", "name"),
        ("animals", "*", "fish"): ("kind", "tank"),
    }


@pytest.mark.parametrize("messages", [MANIFEST, CONFIGURATION], ids=lambda each: each.name)
def test_every_key_says_what_is_due(messages: MessageCatalogue) -> None:
    """No key of a manifest or a configuration goes without its wording."""
    depth = len(messages.tagged)
    for mapping, keys in messages.keys.items():
        inside = depth and fits(mapping[:depth], messages.tagged)
        plain = (*mapping[:depth], *mapping[depth + 1 :]) if inside else mapping
        for key in keys:
            assert (*plain, key) in messages.expectations
