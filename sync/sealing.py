"""A text that only one node can read: sealed for the key of its certificate (ECDH on P-256, HKDF, AES-GCM).

For what is carried on a stick, which is lost more often than a computer. The sealer is not known by it:
who made it says the signature of what it is in.
"""

import os
from base64 import b64decode, b64encode

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.errors import BadRequest
from sync.joining.certificates import der_of
from sync.joining.identity import Identity

POINT = 65  # bytes of an uncompressed point of P-256 (SEC 1 section 2.3.3)
NONCE = 12  # bytes: each key seals one text
KEY = 32


def seal(certificate: str, plain: bytes, purpose: str) -> str:
    """Return what only the node of this certificate (PEM) can read, base64; raise NotACertificate."""
    theirs = x509.load_der_x509_certificate(der_of(certificate)).public_key()
    assert isinstance(theirs, ec.EllipticCurvePublicKey)  # or `der_of` had refused it
    own = ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key(own.exchange(ec.ECDH(), theirs), point, purpose)).encrypt(nonce, plain, None)
    return b64encode(point + nonce + sealed).decode()


def unseal(identity: Identity, text: str, purpose: str) -> bytes:
    """Return what was sealed for this node; raise BadRequest."""
    own = serialization.load_pem_private_key(identity.path.read_bytes(), password=None)
    assert isinstance(own, ec.EllipticCurvePrivateKey)  # as `make` makes it
    try:
        raw = b64decode(text, validate=True)
        point, nonce, sealed = raw[:POINT], raw[POINT : POINT + NONCE], raw[POINT + NONCE :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return AESGCM(_key(own.exchange(ec.ECDH(), theirs), point, purpose)).decrypt(nonce, sealed, None)
    except (ValueError, InvalidTag) as exc:
        raise BadRequest("this was not sealed for this node, or was changed") from exc


def _key(shared: bytes, point: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY, salt=point, info=f"tirek {purpose}".encode()).derive(shared)
