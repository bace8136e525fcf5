"""Reads the application's certificate and its private key, PEM or PFX; refuses one alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate as X509Certificate

_REMEDY = (
    "let AZURE_CLIENT_CERTIFICATE_PATH name a PEM file with private key and certificate, or a PFX "
    "file; put its password into AZURE_CLIENT_CERTIFICATE_PASSWORD"
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Both as PEM text."""

    private_key: Secret
    certificate: str


def read_certificate(path: Path, password: Secret | None) -> Certificate:
    """SignInFailed names the file and what it lacks, never what it holds."""
    content = _content(path)
    outcome = _parsed(content, password.reveal().encode() if password else None)
    if isinstance(outcome, str):
        raise SignInFailed(f"the certificate {path} {outcome}", _REMEDY)
    return outcome


def _content(path: Path) -> Secret:
    try:
        # One byte to one character, so that a binary file can be a Secret too.
        return Secret(path.read_bytes().decode("latin-1"))
    except OSError as error:
        raise SignInFailed(
            f"the certificate {path} can't be read: {error.strerror}", _REMEDY
        ) from None


def _parsed(content: Secret, password: bytes | None) -> Certificate | str:
    """Returns what is wrong instead of raising: no frame that holds the key is in a traceback."""
    binary = content.reveal().encode("latin-1")
    try:
        parts = _pem(binary, password) if b"-----BEGIN" in binary else _pfx(binary, password)
    except (ValueError, TypeError):
        return "can't be opened: it is damaged, or its password is missing or wrong"
    return parts if isinstance(parts, str) else _checked(*parts)


def _pem(content: bytes, password: bytes | None) -> tuple[PrivateKeyTypes, X509Certificate] | str:
    from cryptography import x509  # noqa: PLC0415 - slow to import, and needed by few
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        load_pem_private_key,
    )

    if b"PRIVATE KEY-----" not in content:
        return "has no private key"
    if b"-----BEGIN CERTIFICATE-----" not in content:
        return "has a private key but no certificate"
    return load_pem_private_key(content, password), x509.load_pem_x509_certificate(content)


def _pfx(content: bytes, password: bytes | None) -> tuple[PrivateKeyTypes, X509Certificate] | str:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        pkcs12,
    )

    key, certificate, _ = pkcs12.load_key_and_certificates(content, password)
    if key is None or certificate is None:
        return "lacks the private key or the certificate"
    return key, certificate


def _checked(key: PrivateKeyTypes, certificate: X509Certificate) -> Certificate | str:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    if not isinstance(key, RSAPrivateKey):
        return "has a key that is not RSA, which Microsoft Entra doesn't take"
    if key.public_key() != certificate.public_key():
        return "has a private key that doesn't belong to its certificate"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificate(Secret(pem.decode()), certificate.public_bytes(Encoding.PEM).decode())
