"""The application's certificate and its private key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.certificate import read_certificate

if TYPE_CHECKING:
    from pathlib import Path

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())
PASSWORD = Secret("planted-password")


def certificate_for(key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "reconciler")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=365))
    return builder.sign(key, hashes.SHA256())


CERTIFICATE = certificate_for(KEY)


def pem(key: Key | None, certificate: x509.Certificate | None, password: bytes = b"") -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    key_part = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption) if key else b""
    return key_part + (certificate.public_bytes(Encoding.PEM) if certificate else b"")


def pfx(
    key: rsa.RSAPrivateKey | None, certificate: x509.Certificate | None, password: bytes = b""
) -> bytes:
    encryption: serialization.KeySerializationEncryption = NoEncryption()
    if password:
        encryption = BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"app", key, certificate, None, encryption)


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (pem(KEY, CERTIFICATE), None),
        (pem(None, CERTIFICATE) + pem(KEY, None), None),
        (pem(KEY, CERTIFICATE, b"planted-password"), PASSWORD),
        (pfx(KEY, CERTIFICATE), None),
        (pfx(KEY, CERTIFICATE, b"planted-password"), PASSWORD),
    ],
    ids=["pem", "pem-reversed", "pem-encrypted", "pfx", "pfx-encrypted"],
)
def test_pem_and_pfx_are_read(tmp_path: Path, content: bytes, password: Secret | None) -> None:
    """By what is in the file, whatever it is called."""
    path = tmp_path / "app"
    path.write_bytes(content)
    read = read_certificate(path, password)
    assert read.certificate.encode() == CERTIFICATE.public_bytes(Encoding.PEM)
    assert read.private_key.reveal().encode() == pem(KEY, None)
    assert "PRIVATE" not in repr(read)


@pytest.mark.parametrize(
    ("content", "password", "said"),
    [
        (pem(None, CERTIFICATE), None, "has no private key"),
        (pem(KEY, None), None, "no certificate"),
        (pfx(None, CERTIFICATE), None, "lacks the private key"),
        (pem(OTHER_KEY, CERTIFICATE), None, "doesn't belong"),
        (pem(CURVE_KEY, certificate_for(CURVE_KEY)), None, "not RSA"),
        (pem(KEY, CERTIFICATE, b"planted-password"), None, "can't be opened"),
        (pem(KEY, CERTIFICATE, b"planted-password"), Secret("wrong"), "can't be opened"),
        (pfx(KEY, CERTIFICATE, b"planted-password"), None, "can't be opened"),
        (pem(KEY, CERTIFICATE)[:900] + b"-----BEGIN CERTIFICATE-----", None, "can't be opened"),
        (b"", None, "can't be opened"),
    ],
)
def test_what_is_wrong_with_it_is_told(
    tmp_path: Path, content: bytes, password: Secret | None, said: str
) -> None:
    """With the file's name and the variable to look at, and nothing of the key."""
    path = tmp_path / "app.pem"
    path.write_bytes(content)
    with pytest.raises(SignInFailed, match=said) as failed:
        read_certificate(path, password)
    assert str(path) in failed.value.message
    assert "AZURE_CLIENT_CERTIFICATE_PATH" in failed.value.remedy


def test_a_missing_certificate_is_told(tmp_path: Path) -> None:
    """In the words of the system."""
    with pytest.raises(SignInFailed, match="can't be read: No such file"):
        read_certificate(tmp_path / "app.pem", None)
