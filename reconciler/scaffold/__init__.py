"""The files that `init` writes, as text by their places; it writes none of them itself."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST_SCHEMA: Final = "schemas/manifest.json"
CONFIGURATION_SCHEMA: Final = "schemas/reconciler.json"
"""Where the JSON Schemas are, from the repository's root: the modelines name them."""


class Platform(StrEnum):
    GITHUB = "github"
    AZURE = "azure"
    GITLAB = "gitlab"


EXAMPLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "live.yaml": "start/live.yaml",
        "customers/contoso-unified-school-district.yaml": (
            "start/contoso-unified-school-district.yaml"
        ),
        "customers/fabrikam-water-authority.yaml": "start/fabrikam-water-authority.yaml",
    }
)
"""Only beside a configuration that is new, too: elsewhere real customers may be declared."""

CONFIGURATION: Final[Mapping[str, str]] = MappingProxyType(
    {"reconciler.yaml": "start/reconciler.yaml"}
)

AROUND: Final[Mapping[str, str]] = MappingProxyType({".gitignore": "start/gitignore"})

CODE_OWNERS: Final[Mapping[Platform | None, tuple[str, str]]] = MappingProxyType(
    {
        None: ("CODEOWNERS", "start/CODEOWNERS"),
        Platform.GITHUB: (".github/CODEOWNERS", "github/CODEOWNERS"),
        Platform.AZURE: ("CODEOWNERS", "azure/CODEOWNERS"),
        Platform.GITLAB: (".gitlab/CODEOWNERS", "gitlab/CODEOWNERS"),
    }
)
"""The place and the template, by the platform whose pipelines it is to guard."""

OWNERS_PLACES: Final = (
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
)
"""Where platforms look. They read the first one they find, so a second one could undo the first."""

REQUIREMENTS: Final = "requirements.txt"
"""What a pipeline installs beside reconciler, by hash; where code owners guard it."""

PIPELINES: Final[Mapping[Platform, Mapping[str, str]]] = MappingProxyType(
    {
        Platform.GITHUB: MappingProxyType(
            {
                ".github/actions/reconciler/action.yml": "github/action.yml",
                ".github/actions/reconciler/package.txt": "github/package.txt",
                ".github/actions/reconciler/requirements.txt": REQUIREMENTS,
                ".github/actions/reconciler-state/action.yml": "github/state-action.yml",
                ".github/workflows/reconciler-pull-request.yml": (
                    "github/reconciler-pull-request.yml"
                ),
                ".github/workflows/reconciler-apply.yml": "github/reconciler-apply.yml",
                ".github/workflows/reconciler-drift.yml": "github/reconciler-drift.yml",
            }
        ),
        Platform.AZURE: MappingProxyType(
            {
                ".azure-pipelines/reconciler-steps.yml": "azure/reconciler-steps.yml",
                ".azure-pipelines/reconciler-state.yml": "azure/reconciler-state.yml",
                ".azure-pipelines/reconciler-requirements.txt": REQUIREMENTS,
                ".azure-pipelines/reconciler-pull-request.yml": "azure/reconciler-pull-request.yml",
                ".azure-pipelines/reconciler-apply.yml": "azure/reconciler-apply.yml",
                ".azure-pipelines/reconciler-drift.yml": "azure/reconciler-drift.yml",
            }
        ),
        Platform.GITLAB: MappingProxyType(
            {
                ".gitlab-ci.yml": "gitlab/gitlab-ci.yml",
                ".gitlab/reconciler.yml": "gitlab/reconciler.yml",
                ".gitlab/reconciler-requirements.txt": REQUIREMENTS,
            }
        ),
    }
)


def read_texts(table: Mapping[str, str]) -> dict[str, str]:
    """Read the templates of one of the tables above, by the places they go to."""
    here = files(__name__)
    return {
        place: here.joinpath(template).read_text(encoding="utf-8")
        for place, template in table.items()
    }
