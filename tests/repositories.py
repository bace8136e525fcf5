"""Git repositories of manifests in a temporary folder, for what compares with history."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.manifests.reader import load_manifests
from reconciler.selection.changes import ManifestPlaces

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.state import DesiredState

WHO: Final = {
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
CONFIGURATION: Final = (
    "apiVersion: reconciler/v1\nkind: ReconcilerConfig\nmanifests: [customers/]\n"
)


def customer_id(number: int) -> str:
    return f"14876998-c0dc-46e6-9d0c-{number:012x}"


def manifest(number: int, *, name: str = "", body: str = "qualifications: [Education]") -> str:
    """Write one manifest; `body` is what its spec says besides the customer."""
    return (
        "apiVersion: reconciler/v1\n"
        "kind: CustomerQualifications\n"
        f"metadata: {{name: {name or f'customer-{number}'}}}\n"
        "spec:\n"
        f"  customerId: {customer_id(number)}\n"
        f"  {body}\n"
    )


@dataclass(frozen=True)
class GitFolder:
    """A repository at `root`, whose configuration is in `folder`."""

    root: Path
    folder: Path

    def git(self, *words: str, text: str = "") -> str:
        """Run git with `text` on its stdin, and return what it prints."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env=os.environ | WHO,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, name: str, *texts: str) -> Path:
        """Write a file of one or more documents."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\n".join(texts))
        return path

    def commit(self, message: str = "a change") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def branch(self, name: str) -> None:
        self.git("switch", "--quiet", "--create", name)

    def places(self, *paths: str) -> ManifestPlaces:
        return ManifestPlaces(
            configuration=self.folder / "reconciler.yaml",
            folder=self.folder,
            paths=tuple(self.folder / path for path in paths or ("customers",)),
            skip=frozenset({self.folder / "reconciler.yaml"}),
        )

    def desired(self, *paths: str) -> DesiredState:
        """Load the working tree as a command does."""
        places = self.places(*paths)
        loaded = load_manifests(places.paths, base=places.folder, skip=places.skip)
        assert not [told for told in loaded.diagnostics if told.severity == "error"]
        return loaded.desired


def make_repository(root: Path, *, folder: str = "", object_format: str = "sha1") -> GitFolder:
    """Make a repository with a configuration and nothing committed."""
    root.mkdir(parents=True, exist_ok=True)
    made = GitFolder(root, root / folder)
    made.git("init", "--quiet", "--initial-branch=main", f"--object-format={object_format}")
    made.write("reconciler.yaml", CONFIGURATION)
    return made
