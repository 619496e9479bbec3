"""What a node believes of the hubs it hears, and which it prefers."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.hubs import MAX_ADDRESSES, MAX_HUBS, Answer, Hub, Hubs, believed

ROOM = (ipaddress.ip_network("192.168.7.0/24"), ipaddress.ip_network("127.0.0.0/8"))


def answer(
    node: str = "hub-a",
    depth: bytes = b"1",
    name: bytes = b"Hub",
    port: int = 8080,
    addresses: tuple[str, ...] = (),
) -> Answer:
    return Answer(node, {b"name": name, b"depth": depth}, addresses or ("192.168.7.2",), port)


def heard(*answers: Answer, own: str = "me") -> Hubs:
    hubs = Hubs(own, lambda: None)
    for each in answers:
        hubs.heard(each, ROOM, now=0.0)
    return hubs


def node_of(hub: Hub | None) -> str | None:
    return hub.node if hub else None


def test_the_hub_nearest_to_the_root_is_preferred() -> None:
    assert node_of(heard(answer("a", b"2"), answer("b", b"0"), answer("c", b"1")).best()) == "b"


def test_all_classrooms_choose_alike_between_equal_hubs() -> None:
    assert (
        node_of(heard(answer("b"), answer("a")).best())
        == node_of(heard(answer("a"), answer("b")).best())
        == "a"
    )


def test_a_hub_that_failed_comes_last_until_it_is_heard_again() -> None:
    hubs = heard(answer("a", b"0"), answer("b", b"1"))
    first = hubs.best()
    assert first is not None
    hubs.failed(first)
    assert node_of(hubs.best()) == "b"
    hubs.heard(answer("a", b"0"), ROOM, now=5.0)
    assert node_of(hubs.best()) == "a"


def test_when_all_have_failed_the_one_that_failed_longest_ago_is_tried() -> None:
    hubs = heard(answer("a"), answer("b"))
    for _ in range(2):
        best = hubs.best()
        assert best is not None
        hubs.failed(best)
    assert node_of(hubs.best()) == "a"


def test_a_node_is_not_its_own_hub() -> None:
    assert heard(answer("me"), own="me").best() is None


def test_a_hub_that_left_is_not_chosen() -> None:
    hubs = heard(answer("a"))
    hubs.left("a")
    assert hubs.best() is None


def test_hubs_beyond_the_bound_are_counted_and_not_remembered() -> None:
    hubs = heard(*(answer(f"hub-{n:03}", b"5") for n in range(MAX_HUBS)), answer("last", b"0"))
    assert hubs.refused == 1
    assert node_of(hubs.best()) == "hub-000"


def test_a_flood_of_announcements_is_one_wake_a_second() -> None:
    wakes: list[float] = []
    hubs = Hubs("me", lambda: wakes.append(1))
    for tenth in range(20):
        hubs.heard(answer("a"), ROOM, now=tenth / 10)
    assert len(wakes) == 2


@pytest.mark.parametrize(
    "nonsense",
    [
        answer(node="Bad Node"),
        answer(node=""),
        answer(depth=b""),
        answer(depth=b"-1"),
        answer(depth=b"12"),
        answer(name=b""),
        answer(name=b"two\nlines"),
        answer(name=b"long" * 16),
        answer(port=0),
        answer(port=70000),
        answer(addresses=("evil.example/path",)),
        answer(addresses=("0.0.0.0",)),
        answer(addresses=("224.0.0.251",)),
        answer(addresses=("fe80::1",)),
        answer(addresses=("8.8.8.8",)),
        Answer("a", {}, ("192.168.7.2",), 80),
        Answer("a", {b"name": None, b"depth": None}, ("192.168.7.2",), 80),
    ],
)
def test_nonsense_is_no_hub_and_is_counted(nonsense: Answer) -> None:
    hubs = heard(nonsense)
    assert hubs.best() is None
    assert hubs.refused == 1


def test_the_address_in_our_own_network_comes_first() -> None:
    hub = believed(answer(addresses=("10.9.9.9", "192.168.7.2")), ROOM)
    assert hub is not None
    assert hub.urls == ("http://192.168.7.2:8080", "http://10.9.9.9:8080")


def test_an_ipv6_address_stands_in_brackets() -> None:
    hub = believed(answer(addresses=("fd00::2",)), ROOM)
    assert hub is not None
    assert hub.urls == ("http://[fd00::2]:8080",)


def test_loopback_counts_only_where_a_hub_has_nothing_else() -> None:
    both = believed(answer(addresses=("127.0.0.1", "192.168.7.2")), ROOM)
    alone = believed(answer(addresses=("127.0.0.1",)), ROOM)
    assert both is not None
    assert alone is not None
    assert both.urls == ("http://192.168.7.2:8080",)
    assert alone.urls == ("http://127.0.0.1:8080",)


def test_only_so_many_addresses_of_a_hub_are_looked_at() -> None:
    hub = believed(answer(addresses=tuple(f"192.168.7.{n}" for n in range(1, 100))), ROOM)
    assert hub is not None
    assert len(hub.urls) == MAX_ADDRESSES


@given(
    st.text(),
    st.dictionaries(st.sampled_from([b"name", b"depth", b"x"]), st.none() | st.binary(max_size=300)),
    st.lists(st.text() | st.ip_addresses().map(str)),
    st.integers(-1, 70000),
)
def test_whatever_the_network_says_a_url_is_made_of_an_address_and_a_port(
    node: str, properties: dict[bytes, bytes | None], addresses: list[str], port: int
) -> None:
    hub = believed(Answer(node, properties, addresses, port), ROOM)
    for url in hub.urls if hub else ():
        host = url.removeprefix("http://").removesuffix(f":{port}").strip("[]")
        assert not ipaddress.ip_address(host).is_multicast
