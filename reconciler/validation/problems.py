"""What pydantic finds wrong with a person's data, in plain words: one problem, one mistake.

It reads no files, and echoes no value that could be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Diagnostic, Severity
from reconciler.validation.expectations import Expectation, fits
from reconciler.validation.suggestions import nearest
from reconciler.yaml_text.places import MERGE_KEY, Unknown
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails, ValidationError

    from reconciler.validation.expectations import MessageCatalogue
    from reconciler.yaml_text.documents import DocumentPlaces
    from reconciler.yaml_text.places import Path

EXPLAINED: Final = "explained"
"""The type of a PydanticCustomError whose message completes "X is ..." and has a `remedy`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at `path`: at its key where `at_key`, else at its value."""

    rule: str
    message: str
    remedy: str
    path: Path
    at_key: bool = False
    severity: Severity = Severity.ERROR
    missing: str = ""
    """The key that is missing, where one is."""
    meant: Path = ()
    """The path that was meant, where the key at `path` is misspelt."""


MOST: Final = 1000
"""How many mistakes of one document are told: nobody reads on, and each takes its time."""


def find_problems(error: ValidationError, messages: MessageCatalogue) -> list[Problem]:
    """Tell each mistake once; what the YAML reader refused already is not told again."""
    details = error.errors(include_url=False)[:MOST]
    fresh = [each for each in details if not _is_refused_already(each, messages)]
    found = [_describe(each, messages) for each in fresh]
    meant = {each.meant for each in found if each.meant}
    return [each for each in found if (*each.path, each.missing) not in meant]


def _is_refused_already(details: ErrorDetails, messages: MessageCatalogue) -> bool:
    found = details["input"]
    if isinstance(found, dict):
        return MERGE_KEY in found or isinstance(found.get(messages.tag), Unknown)
    return isinstance(found, Unknown)


def _describe(details: ErrorDetails, messages: MessageCatalogue) -> Problem:
    match details["type"]:
        case "extra_forbidden":
            return _unknown_key(details["loc"], messages)
        case "missing":
            return _missing_key(_untagged(details["loc"], messages), messages)
        case "union_tag_not_found":
            return _missing_key((*details["loc"], messages.tag), messages)
        case "union_tag_invalid":
            return _invalid_value(
                (*details["loc"], messages.tag), details["input"][messages.tag], messages
            )
        case kind:
            path = _untagged(details["loc"], messages)
            if kind == EXPLAINED:
                return _explained(path, details)
            return _invalid_value(path, details["input"], messages)


def _untagged(path: Path, messages: MessageCatalogue) -> Path:
    depth = len(messages.tagged)
    tagged = depth > 0 and len(path) > depth and fits(path[:depth], messages.tagged)
    return (*path[:depth], *path[depth + 1 :]) if tagged else path


def spell(path: Path, whole: str) -> str:
    """Spell a path as people write it: `spec.qualifications[0].website`."""
    if not path:
        return whole
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def _unknown_key(tagged_path: Path, messages: MessageCatalogue) -> Problem:
    path = _untagged(tagged_path, messages)
    valid = next(keys for at, keys in messages.keys.items() if fits(tagged_path[:-1], at))
    owner = spell(path[:-1], messages.name)
    if path[:-1] != tagged_path[:-1]:
        owner = f"{owner} ({tagged_path[-2]})"
    takes = f"it takes {listed(valid)}" if len(valid) > 1 else f"it takes only {valid[0]}"
    secretive = _expected(path[:-1], messages).secretive
    named = "an unknown key" if secretive else f"no key {show(str(path[-1]))}"
    meant = nearest(str(path[-1]), valid)
    remedy = f"did you mean {meant}?" if meant else "take the key out, or mend its spelling"
    return Problem(
        "unknown-key",
        f"{owner} has {named}: {takes}",
        remedy,
        path,
        at_key=True,
        meant=(*path[:-1], meant) if meant else (),
    )


def listed(words: tuple[str, ...]) -> str:
    """Spell out: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _missing_key(path: Path, messages: MessageCatalogue) -> Problem:
    owner = spell(path[:-1], messages.name)
    remedy = f"add {path[-1]}: {_expected(path, messages).remedy}"
    key = str(path[-1])
    return Problem("missing-key", f"{owner} lacks {key}", remedy, path[:-1], missing=key)


_ANYTHING: Final = Expectation(
    "lawful here", "write what `reconciler schema` shows", secretive=True
)


def _expected(path: Path, messages: MessageCatalogue) -> Expectation:
    each = messages.expectations.items()
    return next((expected for at, expected in each if fits(path, at)), _ANYTHING)


def _explained(path: Path, details: ErrorDetails) -> Problem:
    message = f"{spell(path, '')} is {details['msg']}"
    return Problem("invalid-value", message, details["ctx"]["remedy"], path)


def _invalid_value(path: Path, found: object, messages: MessageCatalogue) -> Problem:
    at_key = path[-1:] == ("[key]",)
    where = path[:-1] if at_key else path
    expected = _expected(where, messages)
    thing = f"a key of {spell(where[:-1], '')}" if at_key else spell(where, messages.name)
    hidden = expected.secretive and isinstance(found, str)
    shown = "" if hidden else f"{_shown(found)}, "
    message = f"{thing} is {shown}not {expected.what}"
    return Problem("invalid-value", message, _remedy(found, expected), where, at_key=at_key)


def _shown(found: object) -> str:
    match found:
        case None:
            return "null"
        case bool():
            return "true" if found else "false"
        case int() | float():
            return "a number"
        case str():
            return show(found)
        case list():
            return "a list"
        case _:
            return "a mapping"


def _remedy(found: object, expected: Expectation) -> str:
    if isinstance(found, str):
        meant = nearest(found, expected.choices)
        return expected.remedy if meant is None else f"did you mean {meant}?"
    if isinstance(found, list | dict) or not expected.text:
        return expected.remedy
    if found is None:
        return f"leave the key out, or quote it if the word is meant: {expected.remedy}"
    return f"quote it if text is meant: {expected.remedy}"


def located(problem: Problem, places: DocumentPlaces) -> Diagnostic:
    """Give a problem its place in the text."""
    source = places.key(problem.path) if problem.at_key else places.value(problem.path)
    return Diagnostic(problem.rule, problem.severity, problem.message, problem.remedy, source)
