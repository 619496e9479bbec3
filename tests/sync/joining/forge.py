"""Certificates as tirek does not make them."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from sync.joining.certificates import FIRST, LAST, node_of
from sync.joining.identity import Identity, Parent

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

LONG_AGO = (datetime(1960, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC))
NOT_YET = (datetime(2190, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC))


def forge(
    path: Path,
    valid: tuple[datetime, datetime] = (FIRST, LAST),
    key: Key | None = None,
    issuer: Path | None = None,
    authority: bool = False,
) -> Identity:
    """Make a key and a certificate; `issuer` is a file whose key signs instead of its own."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.stem)])
    signer, signer_name = (key, name) if issuer is None else _issuer(issuer)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    path.write_bytes(_secret(key) + pem)
    return Identity(path, pem.decode())


def parent_of(hub: Identity, address: str) -> Parent:
    """Return what a node would keep of this hub after enrolment."""
    return Parent(address, hub.certificate, node_of(ssl.PEM_cert_to_DER_cert(hub.certificate)), "school-1")


def _issuer(path: Path) -> tuple[Key, x509.Name]:
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate(content).subject


def _secret(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
