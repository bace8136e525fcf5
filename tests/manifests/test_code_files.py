"""Where a validation code's file may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.manifests.files import find_code_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A manifest's folder and a secrets' folder, with links in and out of them."""
    manifests, secrets = tmp_path / "customers", tmp_path / "secrets"
    for path in (manifests / "deep", secrets, tmp_path / "elsewhere"):
        path.mkdir(parents=True)
    (tmp_path / "elsewhere" / "code").touch()
    (manifests / "code").touch()
    (secrets / "mounted").touch()
    (manifests / "out").symlink_to(tmp_path / "elsewhere" / "code")
    (manifests / "dangling").symlink_to(tmp_path / "elsewhere" / "nothing")
    (manifests / "outer").symlink_to(tmp_path / "elsewhere")
    (manifests / "inner").symlink_to("deep")
    (manifests / "to-secrets").symlink_to(secrets / "mounted")
    (manifests / "loop").symlink_to("loop")
    (secrets / "out").symlink_to(tmp_path / "elsewhere" / "code")
    return tmp_path


def leaves_folders(name: str, folder: Path, secrets_folder: Path | None) -> bool:
    return find_code_file(name, folder, secrets_folder) is None


WITHIN = ["code", "not-there-yet", "deep/code", "inner/code", "deep/../code", "./code", "loop"]
WITHIN_SECRETS = ["mounted", "to-secrets", "../secrets/mounted"]
OUTSIDE = [
    *("../elsewhere/code", "../nothing", "out", "outer/code", "dangling", ".", "..", "deep/.."),
    *("/etc/passwd", "../customers-of-others/code", "../../code"),
]


@pytest.mark.parametrize("name", WITHIN)
def test_within(name: str, folder: Path) -> None:
    """A file in the manifest's folder is valid, before it is there too."""
    assert not leaves_folders(name, folder / "customers", None)


@pytest.mark.parametrize("name", [*OUTSIDE, "to-secrets", "../secrets/mounted"])
def test_outside(name: str, folder: Path) -> None:
    """A file outside is not valid, nor a link or dots that lead there."""
    assert leaves_folders(name, folder / "customers", None)


@pytest.mark.parametrize("name", [*WITHIN, *WITHIN_SECRETS])
def test_within_secrets(name: str, folder: Path) -> None:
    """With a folder for secrets, what is there is valid as well."""
    assert not leaves_folders(name, folder / "customers", folder / "secrets")


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_both(name: str, folder: Path) -> None:
    """What leaves both folders is not valid, whatever the other folder could hold."""
    assert leaves_folders(name, folder / "customers", folder / "secrets")


def test_absolute(folder: Path) -> None:
    """An absolute path is valid where it is in one of the two folders."""
    manifests, secrets = folder / "customers", folder / "secrets"
    assert not leaves_folders(str(manifests / "code"), manifests, secrets)
    assert not leaves_folders(str(secrets / "mounted"), manifests, secrets)
    assert leaves_folders(str(secrets / "mounted"), manifests, None)
    assert leaves_folders(str(secrets / "out"), manifests, secrets)


def test_found(folder: Path) -> None:
    """What is found is the file itself, in the manifest's folder first."""
    manifests, secrets = folder / "customers", folder / "secrets"
    (secrets / "code").touch()
    assert find_code_file("code", manifests, secrets) == manifests.resolve() / "code"
    assert find_code_file("mounted", manifests, secrets) == secrets.resolve() / "mounted"
    assert find_code_file("new", manifests, secrets) == manifests.resolve() / "new"
    assert find_code_file("to-secrets", manifests, secrets) == secrets.resolve() / "mounted"


def test_what_is_there_first_decides(folder: Path) -> None:
    """A link that leads out of the manifest's folder is not made valid by a secret of its name."""
    manifests, secrets = folder / "customers", folder / "secrets"
    (secrets / "out").unlink()
    (secrets / "out").touch()
    assert find_code_file("out", manifests, secrets) is None


def test_folder_behind_a_link(folder: Path) -> None:
    """A folder that is itself reached by a link is the folder that it leads to."""
    (folder / "link").symlink_to("customers")
    assert not leaves_folders("code", folder / "link", None)
    assert leaves_folders("out", folder / "link", Path("nowhere"))
