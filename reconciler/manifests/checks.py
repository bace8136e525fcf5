"""What one manifest says across its keys: its kind, its entries together, codes in the open.

These checks read plain data, so that they tell their share of a manifest that is wrong otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.manifests.manifest_model import API_VERSION, KIND
from reconciler.manifests.value_types import is_code_key
from reconciler.model.findings import Severity
from reconciler.model.state import Qualification
from reconciler.validation.problems import Problem
from reconciler.validation.suggestions import nearest
from reconciler.yaml_text.places import Unknown
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.yaml_text.places import Path

_ENTRIES: Final = ("spec", "qualifications")
_KNOWN: Final = {each.value: each for each in Qualification}

Declared: TypeAlias = dict[Qualification, int]
"""The qualifications that are known, each with the index of its entry."""


def check_kind(data: object) -> Problem | None:
    """Say why this is no manifest at all, where it isn't one."""
    if not isinstance(data, dict):
        return _unknown_kind("this document is not a mapping, so it is no manifest", (), None)
    if "kind" not in data and "apiVersion" not in data:
        return _unknown_kind("this document has neither apiVersion nor kind", (), None)
    for key, wanted in (("kind", KIND), ("apiVersion", API_VERSION)):
        found = data.get(key, wanted)
        if found != wanted and not isinstance(found, Unknown):
            shown = show(found) if isinstance(found, str) else "not a text"
            return _unknown_kind(f"{key} is {shown}, not {wanted}", (key,), found)
    return None


def _unknown_kind(message: str, path: Path, found: object) -> Problem:
    remedy = f"write apiVersion: {API_VERSION} and kind: {KIND}, or keep it out of the folder"
    if isinstance(found, str) and (meant := nearest(found, (KIND, API_VERSION))) is not None:
        remedy = f"did you mean {meant}?"
    return Problem("unknown-kind", message, remedy, path)


def find_codes(data: object, path: Path = ()) -> Iterator[Problem]:
    """Find every key that holds a validation code in the open, wherever it stands."""
    if isinstance(data, dict):
        for key, value in data.items():
            if is_code_key(key):
                yield _code_in_the_open(key, (*path, key))
            else:
                yield from find_codes(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from find_codes(item, (*path, index))


def _code_in_the_open(key: str, path: Path) -> Problem:
    message = f"{key} puts a code in the open: a manifest only says where its code is"
    remedy = (
        "take the code out and write validationCodeFrom: {env: NAME} or {file: PATH}; "
        "a code that was pushed is known to others"
    )
    return Problem("inline-secret", message, remedy, path, at_key=True)


def check_entries(entries: list[object]) -> list[Problem]:
    """Check the entries of `spec.qualifications` against each other, and warn of what can't be."""
    declared: Declared = {}
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        known = _declared(entry)
        if known in declared:
            problems.append(_repeated(known, index))
        elif known is not None:
            declared[known] = index
            problems += _check_alone(known, index, entry)
    if len(declared) > 1:
        problems += _check_pairs(declared)
    if any(each.rule == "none-with-others" for each in problems):
        return [each for each in problems if each.rule != "none-not-settable"]
    return problems


def _declared(entry: object) -> Qualification | None:
    name = entry.get("qualification") if isinstance(entry, dict) else entry
    return _KNOWN.get(name) if isinstance(name, str) else None


def _repeated(known: Qualification, index: int) -> Problem:
    message = f"{known} is declared twice for this customer"
    return Problem(
        "duplicate-qualification", message, "keep one of the entries", (*_ENTRIES, index)
    )


# What is wrong with an entry by itself: the rule, the message and the remedy.
_NOT_SETTABLE: Final = {
    Qualification.NONE: (
        "none-not-settable",
        "None can't be set: it only says that this customer has no qualification",
        "nothing to do where the customer has none; [] says the same",
    ),
    Qualification.NONPROFIT: (
        "nonprofit-not-settable",
        "Nonprofit can't be set through Partner Center's API",
        "keep the entry only where the customer holds it already",
    ),
}
_NEEDED: Final = {
    Qualification.EDUCATION: (
        "educationSegment",
        "education-segment-missing",
        "without educationSegment this Education can't be created",
        (
            "write it as qualification: Education with educationSegment: K12 or HigherEducation "
            "below, unless it is live already"
        ),
    ),
    Qualification.GCC: (
        "validationCodeFrom",
        "validation-code-missing",
        "without validationCodeFrom this GovernmentCommunityCloud can't be created",
        (
            "write it as qualification: GovernmentCommunityCloud with validationCodeFrom: "
            "{env: NAME} or {file: PATH} below, unless it is live already"
        ),
    ),
}


def _check_alone(known: Qualification, index: int, entry: object) -> list[Problem]:
    if known in _NEEDED:
        key, rule, message, remedy = _NEEDED[known]
        if isinstance(entry, dict) and key in entry:
            return []
        return [_warning(rule, message, remedy, index)]
    return [_warning(*_NOT_SETTABLE[known], index)] if known in _NOT_SETTABLE else []


def _warning(rule: str, message: str, remedy: str, index: int) -> Problem:
    return Problem(rule, message, remedy, (*_ENTRIES, index), severity=Severity.WARNING)


def _check_pairs(declared: Declared) -> Iterator[Problem]:
    if Qualification.NONE in declared:
        message = "None stands beside another qualification"
        remedy = "take None out, or everything else"
        path = (*_ENTRIES, declared[Qualification.NONE])
        yield Problem("none-with-others", message, remedy, path)
    if Qualification.EDUCATION in declared and Qualification.GCC in declared:
        message = "a customer can't have both Education and GovernmentCommunityCloud"
        for known in (Qualification.EDUCATION, Qualification.GCC):
            remedy = "keep the one that the customer is"
            yield _warning("education-gcc-exclusive", message, remedy, declared[known])
