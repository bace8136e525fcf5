"""Validates one document as plain data: a valid manifest, or every mistake with its path.

Nothing is raised for what a person wrote; no place in a text is known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reconciler.manifests.checks import check_entries, check_kind, find_codes
from reconciler.manifests.manifest_model import MESSAGES, Manifest
from reconciler.manifests.value_types import GUID_PATTERN
from reconciler.model.state import Qualification
from reconciler.validation.problems import MOST, Problem, find_problems
from reconciler.validation.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.yaml_text.places import Path


@dataclass(frozen=True, slots=True)
class ValidatedDocument:
    """The manifest where the document is a valid one, and what to tell.

    The name and the customer are there for finding duplicates, in a manifest with mistakes too.
    """

    manifest: Manifest | None
    problems: Sequence[Problem]
    name: str | None = None
    customer_id: str | None = None


def validate_document(data: object) -> ValidatedDocument:
    """Check a whole document. What is no manifest at all is not checked further."""
    wrong_kind = check_kind(data)
    if wrong_kind is not None:
        return ValidatedDocument(None, (wrong_kind,))
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        mistakes = _mistakes(data, error)
        wrong = {mistake.path[:3] for mistake in mistakes}
        problems = [*mistakes, *_checked_beside(wrong, _entries_of(data))]
        return ValidatedDocument(None, problems, _name_of(data), _customer_of(data))
    name, customer_id = manifest.metadata.name, manifest.spec.customer_id
    return ValidatedDocument(manifest, check_entries(_entries_of(data)), name, customer_id)


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
    problems = find_problems(error, MESSAGES)
    guessed = _with_names_guessed(data)
    if guessed != data:
        try:
            Manifest.model_validate(guessed)
        except ValidationError as more:
            known = set(problems)
            problems += [each for each in find_problems(more, MESSAGES) if each not in known]
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
