"""Certificates that nodes make for themselves: a P-256 key with a name tag, no authority, no dates that end.

A node is its certificate: its id is the beginning of the certificate's SHA-256. P-256 and not Ed25519,
because browsers may refuse the latter.
"""

import ssl
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.errors import JournalError

# A dead battery sets a PC to 1970 or 2099. We check no dates; whoever else looks shall find them right.
# 1950 is the first year that X.509 can say, 9999-12-31 its word for "never" (RFC 5280 section 4.1.2.5).
FIRST = datetime(1950, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
MAX_CERTIFICATE = 4096  # letters of PEM: ours have about 500
NODE_DIGITS = 16  # of the fingerprint: 64 bits tell all nodes of a country apart


class NotACertificate(JournalError):
    """This is no certificate of a node."""


def make() -> tuple[str, str]:
    """Return a new private key and its certificate, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    tag = token_hex(8)  # a name of its own, so that a hub finds one certificate among thousands by its name
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tirek-{tag}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(tag, 16) + 1)
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        # Not an authority: whoever pins this certificate accepts it alone, nothing signed with its key.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def der_of(pem: str) -> bytes:
    """Return the one certificate of a PEM text in its binary form; raise NotACertificate."""
    if len(pem) > MAX_CERTIFICATE:
        raise NotACertificate(f"a certificate of {len(pem)} letters: at most {MAX_CERTIFICATE} are read")
    if pem.count(ssl.PEM_HEADER) != 1:
        raise NotACertificate(f"not one certificate but {pem.count(ssl.PEM_HEADER)}")
    try:
        der = ssl.PEM_cert_to_DER_cert(pem)
    except ValueError as exc:  # binascii.Error is one
        raise NotACertificate(f"not a certificate: {exc}") from exc
    _check(der)
    return der


def pem_of(der: bytes) -> str:
    """Return a binary certificate as PEM; raise NotACertificate."""
    _check(der)
    return ssl.DER_cert_to_PEM_cert(der)


def fingerprint_of(der: bytes) -> str:
    """Return the SHA-256 of a certificate, 64 hexadecimal digits."""
    return sha256(der).hexdigest()


def node_of(der: bytes) -> str:
    """Return the id of the node that this certificate is, 16 hexadecimal digits."""
    return fingerprint_of(der)[:NODE_DIGITS]


def has_signed(der: bytes, signature: bytes, text: str) -> bool:
    """Tell whether whoever has the key of a certificate signed this text."""
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)  # or `der_of` had refused it
    try:
        key.verify(signature, text.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _check(der: bytes) -> None:
    """Two readers must agree: what one of them cannot read later would keep a hub from starting."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        certificate.verify_directly_issued_by(certificate)  # made by somebody who has the key
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion) as exc:
        raise NotACertificate(f"not a certificate of a node: {exc or 'it is not signed by itself'}") from exc
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotACertificate("not a certificate of a node: its key is not a P-256 key")
    if _as_openssl_counts(der) != {"x509": 1, "crl": 0, "x509_ca": 0}:
        raise NotACertificate("not a certificate of a node: it is an authority's, or more than one")


def _as_openssl_counts(der: bytes) -> dict[str, int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        load(context, der)
    except ssl.SSLError as exc:
        raise NotACertificate(f"not a certificate that TLS can read: {exc}") from exc
    return context.cert_store_stats()


def load(context: ssl.SSLContext, der: bytes) -> None:
    """Make a certificate an anchor of a context; raise SSLError.

    OpenSSL keeps a list of faults for each thread, and Python takes its last for this call's: a handshake
    of a stranger that failed just before would count as ours. The first try empties the list.
    """
    try:
        context.load_verify_locations(cadata=der)
    except ssl.SSLError:
        context.load_verify_locations(cadata=der)
