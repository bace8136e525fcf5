"""Golden files: whole outputs kept beside the tests.

`pytest --refresh-golden` writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Golden:
    refresh: bool

    def check(self, name: str, text: str) -> None:
        path = FOLDER / name
        if self.refresh:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert text == path.read_bytes().decode()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(bool(request.config.getoption("--refresh-golden")))
