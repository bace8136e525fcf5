"""Files of one document: YAML and JSON, their places, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.manifests.reader import load_document
from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Source

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = """\
customers: []
validationCodes:
  001234: 5
  "123456": 1
"""


def write(folder: Path, text: str, name: str = "live.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_keys_are_text(tmp_path: Path) -> None:
    """Validation codes are keys, and keep their zeros without quotes."""
    data, _ = load_document(write(tmp_path, SEED))
    assert data == {"customers": [], "validationCodes": {"001234": 5, "123456": 1}}


def test_places(tmp_path: Path) -> None:
    """The parts of a document can be asked for their places."""
    _, places = load_document(write(tmp_path, SEED), shown="live.yaml")
    assert places.key(("validationCodes", "001234")) == Source("live.yaml", 3, 3)
    assert places.value(("validationCodes", "001234")) == Source("live.yaml", 3, 11)


def test_json(tmp_path: Path) -> None:
    """A file called *.json is JSON, tabs and all; its places are the file's beginning."""
    path = write(tmp_path, '{\n\t"customers": [1.5, null]\n}', "live.json")
    data, places = load_document(path, shown="live.json")
    assert data == {"customers": [1.5, None]}
    assert places.value(("customers", 0)) == Source("live.json", 1, 1)


def test_no_bound_unless_asked_for(tmp_path: Path) -> None:
    """A large seed is read; where a limit is set, a larger file is refused."""
    path = write(tmp_path, "a: " + "b" * (9 * 1024 * 1024) + "\n")
    assert len(load_document(path)[0]["a"]) == 9 * 1024 * 1024
    with pytest.raises(ConfigurationError, match="larger than 8 MiB"):
        load_document(path, limit=8 * 1024 * 1024)


REFUSED: Final = {
    "missing": ("live.yaml", None, "live.yaml:1:1: live.yaml can't be read: No such file"),
    "empty": ("live.yaml", "", "live.yaml:1:1: the file holds no documents"),
    "two documents": ("live.yaml", "a: b\n---\nc: d\n", "live.yaml:1:1: the file holds 2"),
    "broken": ("live.yaml", "a: b: c\n", "live.yaml:1:5: this is not YAML"),
    "alias": ("live.yaml", "a: &b c\nd: *b\n", "live.yaml:1:4: an anchor .*and 1 more"),
    "binary": ("live.yaml", "\0", "live.yaml:1:1: the character U"),
    "broken JSON": ("live.json", '{"a": 1,\n "b" 2}', "live.json:2:6: this is not JSON"),
    "key twice in JSON": ("live.json", '{"a": 1, "a": 2}', "live.json:1:1: .*a key is there twice"),
    "number too long in JSON": ("live.json", "9" * 5000, "live.json:1:1: this can't be read"),
    "JSON too deep": ("live.json", "[" * 100_000, "live.json:1:1: .*nested too deep"),
}


@pytest.mark.parametrize(("name", "text", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    """What is wrong is told with file, line and column, and with the way out."""
    if text is not None:
        write(tmp_path, text, name)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_document(tmp_path / name, shown=name)
    assert caught.value.remedy
    assert caught.value.diagnostics[0].source is not None


def test_known_by_its_path(tmp_path: Path) -> None:
    """A file is known by its path where no other name is given."""
    with pytest.raises(ConfigurationError, match=f"{tmp_path.as_posix()}/live.yaml:1:2: "):
        load_document(write(tmp_path, "["))


def test_null(tmp_path: Path) -> None:
    """A document may hold null; what it should hold is for others to say."""
    assert load_document(write(tmp_path, "null\n"))[0] is None
