"""Who a node is, and which hub is above it: kept for life, never replaced silently."""

import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import assume, given
from hypothesis import strategies as st

from sync import durable
from sync.joining.certificates import MAX_CERTIFICATE, NotACertificate, der_of, fingerprint_of, make
from sync.joining.identity import Damaged, Parent, load_or_create, load_parent, save_parent
from tests.sync.joining.forge import forge, parent_of

WHOLE = ssl.PEM_cert_to_DER_cert(make()[1])


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_node_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first, second = load_or_create(tmp_path), load_or_create(tmp_path)
    assert first == second
    assert first.fingerprint == fingerprint_of(ssl.PEM_cert_to_DER_cert(first.certificate))
    assert (first.node, len(first.fingerprint)) == (first.fingerprint[:16], 64)


def test_nobody_else_may_read_the_key(tmp_path: Path) -> None:
    assert _mode(load_or_create(tmp_path).path) == 0o600


def test_two_processes_that_start_together_become_one_node(tmp_path: Path) -> None:
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait(10)
        return load_or_create(tmp_path).node

    with ThreadPoolExecutor(8) as pool:
        nodes = set(pool.map(start, range(8)))
    assert len(nodes) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["node.pem"]


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0", b"-----BEGIN CERTIFICATE-----\nabc\n"])
def test_a_damaged_key_file_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = load_or_create(tmp_path).path
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"node\.pem"):
        load_or_create(tmp_path)
    assert path.read_bytes() == content


def test_a_key_file_cut_anywhere_is_refused_or_whole(tmp_path: Path) -> None:
    path = load_or_create(tmp_path).path
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            load_or_create(tmp_path)


def test_a_key_beside_another_certificate_is_refused(tmp_path: Path) -> None:
    path = load_or_create(tmp_path).path
    path.write_text(make()[0] + make()[1])
    with pytest.raises(Damaged, match="does not belong"):
        load_or_create(tmp_path)


def test_a_folder_in_the_place_of_the_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "node.pem").mkdir()
    with pytest.raises(Damaged, match=r"node\.pem cannot be read: Is a directory"):
        load_or_create(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"nowhere/node\.pem cannot be made: No such file"):
        load_or_create(tmp_path / "nowhere")


def test_a_parent_is_kept_as_it_was_told(tmp_path: Path) -> None:
    parent = parent_of(load_or_create(tmp_path), "10.20.0.1:8443")
    assert load_parent(tmp_path) is None
    save_parent(tmp_path, parent)
    assert load_parent(tmp_path) == parent
    assert _mode(tmp_path / "parent.json") == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000, b'{"address": 7}', b"\xff"])
def test_a_damaged_parent_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "parent.json").write_bytes(content)
    with pytest.raises(Damaged, match=r"parent\.json"):
        load_parent(tmp_path)


def test_a_parent_with_another_ones_certificate_is_refused(tmp_path: Path) -> None:
    save_parent(tmp_path, Parent("10.20.0.1:8443", load_or_create(tmp_path).certificate, "0" * 16, "s"))
    with pytest.raises(Damaged, match="not that of node"):
        load_parent(tmp_path)


def test_a_certificate_of_another_making_is_none_of_a_node(tmp_path: Path) -> None:
    hub = forge(tmp_path / "hub")
    strange = [
        forge(tmp_path / "authority", authority=True),
        forge(tmp_path / "rsa", key=rsa.generate_private_key(65537, 2048)),
        forge(tmp_path / "p384", key=ec.generate_private_key(ec.SECP384R1())),
        forge(tmp_path / "issued", issuer=hub.path),
    ]
    for identity in strange:
        with pytest.raises(NotACertificate):
            der_of(identity.certificate)


def test_two_certificates_do_not_slip_in_as_one() -> None:
    one, other = make()[1], make()[1]
    with pytest.raises(NotACertificate):
        der_of(one + other)
    with pytest.raises(NotACertificate, match="letters"):
        der_of(one + " " * MAX_CERTIFICATE)


@given(st.integers(0, 330), st.binary(max_size=8), st.integers(0, 8))
def test_no_changed_certificate_is_taken_for_a_whole_one(at: int, put: bytes, lost: int) -> None:
    changed = WHOLE[:at] + put + WHOLE[at + lost :]
    assume(changed != WHOLE)
    with pytest.raises(NotACertificate):
        der_of(ssl.DER_cert_to_PEM_cert(changed))


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_certificate(text: str) -> None:
    for pem in (text, f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"):
        with pytest.raises(NotACertificate):
            der_of(pem)


def test_a_saved_file_is_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    durable.save(path, b"old")
    durable.save(path, b"new", 0o640)
    assert (path.read_bytes(), _mode(path)) == (b"new", 0o640)
    assert durable.create(path, b"newer") is False
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"new")]


def test_a_file_that_cannot_be_saved_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        durable.save(tmp_path / "file", b"content")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
