"""Who this node is and which hub is above it: two files that a node keeps for life.

`node.pem` is made once. It is never replaced silently: a node with another key is another node, and the hub
would meet a stranger. `parent.json` is what enrolment left.
"""

import ssl
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from sync import durable
from sync.errors import JournalError
from sync.joining.certificates import NotACertificate, der_of, fingerprint_of, make, node_of

KEY_FILE = "node.pem"
PARENT_FILE = "parent.json"
SECRET = 0o600


class Damaged(JournalError):
    """A file that says who a node is, or who its hub is, cannot be read: a person has to decide."""


class Identity(Struct, frozen=True):
    """A node's certificate, and the file that has the key to it."""

    path: Path
    certificate: str  # PEM

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate, 64 hexadecimal digits."""
        return fingerprint_of(_der(self.certificate))

    @property
    def node(self) -> str:
        """Return the node's id."""
        return node_of(_der(self.certificate))

    def sign(self, text: str) -> str:
        """Return the signature of this node's key over a text (ECDSA with SHA-256, DER), hexadecimal."""
        key = serialization.load_pem_private_key(self.path.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # as `make` makes it
        return key.sign(text.encode(), ec.ECDSA(hashes.SHA256())).hex()


@lru_cache(4)
def _der(certificate: str) -> bytes:
    """Return a certificate as it is sent; every part of a node asks for the node's id again and again."""
    return ssl.PEM_cert_to_DER_cert(certificate)


class Parent(Struct, frozen=True):
    """The hub that a node was enrolled with."""

    address: str  # host:port
    certificate: str  # PEM: nobody else is taken for this hub
    node: str
    school: str  # what the hub calls the school of this node
    name: str = ""


def load_or_create(folder: Path) -> Identity:
    """Return the identity kept in a folder, made now if there is none; raise Damaged."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            durable.create(path, "".join(make()).encode(), SECRET)  # a faster process's identity is as good
    except OSError as exc:
        raise Damaged(f"{path} cannot be made: {exc.strerror}") from exc
    return Identity(path, _certificate(path))


def load_parent(folder: Path) -> Parent | None:
    """Return the hub that this node was enrolled with, None before enrolment; raise Damaged."""
    path = folder / PARENT_FILE
    try:
        if not path.exists():
            return None
        parent = msgspec.json.decode(path.read_bytes(), type=Parent)
        if node_of(der_of(parent.certificate)) != parent.node:
            raise Damaged(f"{path}: the certificate is not that of node {parent.node}; enrol this node anew")
    except (OSError, RecursionError, msgspec.MsgspecError, NotACertificate) as exc:
        raise Damaged(f"{path} cannot be read: {exc}; put it back from a backup or enrol anew") from exc
    return parent


def save_parent(folder: Path, parent: Parent) -> None:
    """Keep the hub that this node was enrolled with."""
    durable.save(folder / PARENT_FILE, msgspec.json.encode(parent), SECRET)


def _certificate(path: Path) -> str:
    cure = "put it back from a backup, or remove it and enrol this node anew"
    try:
        content = path.read_bytes()
        key = serialization.load_pem_private_key(content, password=None)
        found = x509.load_pem_x509_certificates(content)[0]
    except OSError as exc:
        raise Damaged(f"{path} cannot be read: {exc.strerror}") from exc
    except (ValueError, TypeError) as exc:
        raise Damaged(f"{path} is not a node's key and certificate: {exc}; {cure}") from exc
    if key.public_key() != found.public_key():
        raise Damaged(f"{path}: the key does not belong to the certificate; {cure}")
    return found.public_bytes(serialization.Encoding.PEM).decode()
