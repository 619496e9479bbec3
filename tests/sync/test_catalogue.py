"""The shelf: only what a known key signed, the newest version of it, whatever comes in whatever order."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sync import catalogue
from sync.catalogue import (
    CHUNK,
    FILE,
    LARGEST,
    SUM,
    Catalogue,
    Distrusted,
    Item,
    NotAnItem,
    Said,
    Shelf,
    fold,
    item_id,
    read,
)
from sync.records import KIND_OF, ContentOffered, Record, ScreenNote, Signed, encode

HUB, REGION = "1" * 16, "2" * 16
KEY, OTHER_KEY, NEXT_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
KEYS = {HUB: catalogue.public(KEY), REGION: catalogue.public(OTHER_KEY)}
SECRETS = {HUB: KEY, REGION: OTHER_KEY}
A, B = "a" * 64, "b" * 64


def _item(ident: str = A, name: str = "Дәріс.mp4", **more: str) -> Item:
    return Item(ident, 5, name, "video/mp4", **more)


def _said(record: Record, writer: str = "") -> Said:
    kind, body = encode(record)
    assert isinstance(record, Signed)
    return Said(writer or record.publisher, kind, body)


def _offered(version: int, item: Item | None = None, publisher: str = HUB) -> Said:
    return _said(catalogue.offered(SECRETS[publisher], publisher, version, item or _item()))


def _withdrawn(version: int, ident: str = A, publisher: str = HUB) -> Said:
    return _said(catalogue.withdrawn(SECRETS[publisher], publisher, version, ident))


def _changed(said: Said, **fields: object) -> Said:
    body = msgspec.json.decode(said.body) | fields
    return structs.replace(said, body=msgspec.json.encode(body).decode())


def _names(shelf: Shelf) -> list[str]:
    return [item.name for item in shelf.items()]


# What counts.


def test_what_a_known_key_signed_is_on_the_shelf() -> None:
    shelf = fold([_offered(1)], KEYS)
    assert shelf.items() == [_item()]
    assert (shelf.offers[A].publisher, shelf.offers[A].version) == (HUB, 1)


def test_the_newest_words_about_an_item_count() -> None:
    older, newer = _offered(1, _item(title="old")), _offered(2, _item(title="new"))
    assert fold([newer, older], KEYS).offers[A].item.title == "new"


def test_what_is_withdrawn_is_gone_until_it_is_offered_again() -> None:
    said = [_offered(1), _withdrawn(2)]
    assert fold(said, KEYS) == Shelf({}, frozenset({A}))
    assert list(fold([*said, _offered(3)], KEYS).offers) == [A]


def test_an_older_version_changes_nothing_and_is_counted() -> None:
    heard = Catalogue(KEYS)
    for said in (_offered(5, _item(title="new")), _offered(4, _item(title="old")), _withdrawn(3)):
        heard.hear(said)
    assert heard.shelf().offers[A].item.title == "new"
    assert heard.refused == {"older": 2}


def test_two_items_of_one_name_are_both_kept_by_their_ids() -> None:
    shelf = fold([_offered(1, _item(A)), _offered(2, _item(B))], KEYS)
    assert [item.id for item in shelf.named("Дәріс.mp4")] == [A, B]


def test_what_one_publisher_withdraws_another_one_still_offers() -> None:
    said = [_offered(1), _offered(1, publisher=REGION), _withdrawn(2)]
    assert fold(said, KEYS).offers[A].publisher == REGION


# What does not.


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("signature", lambda said: _changed(said, signature="00" * 64)),
        ("signature", lambda said: _changed(said, signature="no hexadecimal")),
        ("signature", lambda said: _changed(said, version=9)),
        ("signature", lambda said: _changed(said, text=msgspec.json.encode(_item(title="x")).decode())),
        ("signature", lambda said: _changed(said, key="ab")),
        ("signature", lambda said: _changed(said, key=KEYS[HUB].upper())),
        ("signature", lambda said: structs.replace(said, kind="content-withdrawn")),
        ("foreign", lambda said: structs.replace(said, writer=REGION)),
        ("foreign", lambda said: _changed(said, publisher=REGION)),
        ("unreadable", lambda said: structs.replace(said, body=said.body[:-9])),
        ("unreadable", lambda said: structs.replace(said, body="[" * 5000)),
        ("unreadable", lambda said: _changed(said, version=1 << 63)),
        ("unreadable", lambda said: _changed(said, version=-1)),
        ("unreadable", lambda said: _changed(said, text="x" * 5000)),
        ("kind", lambda said: structs.replace(said, kind="of-a-newer-node")),
        ("kind", lambda said: Said(HUB, *encode(ScreenNote("x")))),
    ],
)
def test_what_is_not_as_its_publisher_signed_it_is_refused_and_the_old_one_stays(
    reason: str, spoil: Callable[[Said], Said]
) -> None:
    heard = Catalogue(KEYS)
    heard.hear(_offered(1, _item(title="old")))
    heard.hear(spoil(_offered(2, _item(title="new"))))
    assert heard.refused == {reason: 1}
    assert heard.shelf().offers[A].item.title == "old"


NAMES = ("", ".", "..", "../up", "a/b", "/etc/passwd", "C:\\x", "http://x/y", "a\nb", "a\x00b", "a\x1b[2J")


@pytest.mark.parametrize("name", [*NAMES, "\u202egpj.exe", "x" * 121, "𝔘" * 61, "\ud800"])
def test_a_name_that_leads_elsewhere_or_that_no_disk_takes_is_refused_even_when_signed(name: str) -> None:
    item = _item(name=name)
    with pytest.raises(NotAnItem):
        catalogue.offered(KEY, HUB, 1, item)
    text = msgspec.json.encode({"id": A, "size": 5, "name": name.encode(errors="replace").decode()})
    forged = ContentOffered(HUB, KEYS[HUB], 1, text.decode(), "")
    if name != "\ud800":
        signature = KEY.sign(catalogue.signed_text("content-offered", forged)).hex()
        with pytest.raises(Distrusted, match="item"):
            read(_said(structs.replace(forged, signature=signature)))


@pytest.mark.parametrize(
    "item",
    [
        structs.replace(_item(), id="A" * 64),
        structs.replace(_item(), id="a" * 63),
        structs.replace(_item(), size=0),
        structs.replace(_item(), size=LARGEST + 1),
        structs.replace(_item(), title="x" * 201),
        structs.replace(_item(), subject="a\tb"),
        structs.replace(_item(), grade="x" * 61),
        structs.replace(_item(), topic="\x7f"),
        structs.replace(_item(), lang="x" * 13),
        structs.replace(_item(), media_type="видео/mp4"),
    ],
)
def test_what_no_item_can_be_is_not_offered(item: Item) -> None:
    with pytest.raises(NotAnItem):
        catalogue.offered(KEY, HUB, 1, item)


def test_of_a_newer_kind_of_file_nothing_is_known_but_its_bytes() -> None:
    item = structs.replace(_item(), media_type="text/html")
    assert fold([_offered(1, item)], KEYS).offers[A].item.media_type == FILE


def test_fields_that_a_newer_publisher_added_do_no_harm() -> None:
    text = msgspec.json.encode(msgspec.to_builtins(_item()) | {"newer": [1]}).decode()
    unsigned = ContentOffered(HUB, KEYS[HUB], 1, text, "")
    signature = KEY.sign(catalogue.signed_text("content-offered", unsigned)).hex()
    assert fold([_said(structs.replace(unsigned, signature=signature))], KEYS).items() == [_item()]


# Keys.


def test_the_key_that_is_heard_of_first_is_the_one() -> None:
    heard = Catalogue()
    heard.hear(_offered(1))
    heard.hear(_said(catalogue.offered(OTHER_KEY, HUB, 2, _item(B))))
    assert heard.keys == {HUB: KEYS[HUB]}
    assert list(heard.shelf().offers) == [A]
    assert heard.refused == {"key": 1}


def test_a_key_is_replaced_by_the_old_one_only_and_counts_alone_then() -> None:
    new = catalogue.public(NEXT_KEY)
    heard = Catalogue(KEYS)
    heard.hear(_offered(1, _item(A)))
    heard.hear(_said(catalogue.replaced(OTHER_KEY, HUB, 2, catalogue.public(OTHER_KEY))))
    stolen = heard.keys[HUB]
    heard.hear(_said(catalogue.replaced(KEY, HUB, 3, new)))
    heard.hear(_said(catalogue.offered(NEXT_KEY, HUB, 4, _item(B))))
    heard.hear(_offered(5, _item("c" * 64)))
    assert stolen == KEYS[HUB]
    assert heard.keys[HUB] == new
    assert list(heard.shelf().offers) == [B]


def test_keys_that_replace_each_other_in_a_circle_end_somewhere() -> None:
    heard = Catalogue(KEYS)
    heard.hear(_said(catalogue.replaced(KEY, HUB, 1, catalogue.public(NEXT_KEY))))
    heard.hear(_said(catalogue.replaced(NEXT_KEY, HUB, 2, KEYS[HUB])))
    assert heard.keys[HUB] in (KEYS[HUB], catalogue.public(NEXT_KEY))


def test_a_publisher_offers_so_much_and_no_more() -> None:
    heard = Catalogue(KEYS, most=3)
    for number in range(5):
        heard.hear(_offered(number + 1, _item(f"{number}" * 64)))
    heard.hear(_offered(9, publisher=REGION))
    assert len(heard.shelf().offers) == 4
    assert heard.refused == {"many": 2}


# Any order, any repetition.

versions = st.integers(1, 6)
idents = st.sampled_from((A, B, "c" * 64))
publishers = st.sampled_from((HUB, REGION))
titles = st.sampled_from(("x", "y"))
good = st.one_of(
    st.builds(lambda v, i, p, t: _offered(v, _item(i, title=t), p), versions, idents, publishers, titles),
    st.builds(_withdrawn, versions, idents, publishers),
)
turned = st.just(_said(catalogue.replaced(KEY, HUB, 3, catalogue.public(NEXT_KEY))))
renewed = st.builds(
    lambda v, i: _said(catalogue.offered(NEXT_KEY, HUB, v, _item(i, title="z"))), versions, idents
)
forged = st.one_of(
    st.builds(lambda said, v: _changed(said, version=v + 10), good, versions),
    st.builds(lambda said: structs.replace(said, writer="3" * 16), good),
    st.builds(lambda said, cut: structs.replace(said, body=said.body[:cut]), good, st.integers(0, 300)),
    st.builds(
        lambda v, i: _said(catalogue.offered(OTHER_KEY, HUB, v + 20, _item(i, title="forged"))),
        versions,
        idents,
    ),
)


@given(st.lists(st.one_of(good, turned, renewed), max_size=12), st.lists(forged, max_size=6), st.integers(0))
def test_order_repetition_and_forgeries_change_nothing_on_the_shelf(
    true: list[Said], false: list[Said], seed: int
) -> None:
    shelf = fold(true, KEYS)
    again = [*true, *true[::2], *false, *false]
    Random(seed).shuffle(again)
    assert fold(again, KEYS) == shelf
    assert "forged" not in [item.title for item in shelf.items()]


@given(st.binary(max_size=400), st.sampled_from(sorted(KIND_OF.values())))
def test_whatever_a_body_is_it_is_read_or_refused(body: bytes, kind: str) -> None:
    heard = Catalogue(KEYS)
    heard.hear(Said(HUB, kind, body.decode(errors="replace")))
    assert heard.shelf() == Shelf()


# Ids.


def test_an_id_tells_size_and_content_apart() -> None:
    sums = bytes(SUM)
    ids = {item_id(size, each) for size in (1, 2) for each in (sums, b"\x01" + sums[1:], sums * 2)}
    assert len(ids) == 6
    assert item_id(1, sums) == "3d0ad12b8ee8928edf248ca91ca55600fb383f07c32bff1d6dec472b25cf59a7"


@pytest.mark.parametrize(("size", "count", "last"), [(1, 1, 1), (CHUNK, 1, CHUNK), (CHUNK + 1, 2, 1)])
def test_chunks_are_a_mebibyte_but_the_last(size: int, count: int, last: int) -> None:
    assert catalogue.chunks_of(size) == count
    assert catalogue.chunk_size(size, count - 1) == last
