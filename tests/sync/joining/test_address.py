"""Addresses as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.joining.address import Address, AddressWrong, parse


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("10.20.0.1", "10.20.0.1:8443"),
        (" hub.example:9000 ", "hub.example:9000"),
        ("HUB.example", "hub.example:8443"),
        ("https://hub.example/", "hub.example:8443"),
        ("HTTPS://10.20.0.1:443", "10.20.0.1:443"),
        ("::1", "[::1]:8443"),
        ("[2001:db8::1]:9000", "[2001:db8::1]:9000"),
        ("мектеп.example", "xn--e1aaogsq.example:8443"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: str) -> None:
    assert str(parse(typed)) == address
    assert parse(address) == parse(typed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "is not a host's name"),
        ("http://hub.example", "a hub speaks https"),
        ("hub.example/page", "is not an address such as"),
        ("user@hub.example", "is not an address such as"),
        ("hub example", "is not a host's name"),
        ("10.20.0", "is not a host's name"),
        ("10.20.0.300", "is not a host's name"),
        ("hub:0", "a port is a number from 1 to 65535, not 0"),
        ("hub:99999999", "a port is a number"),
        ("[::1", "is not an address such as"),
        ("[hub]", "is not an IPv6 address"),
        ("fe80::1%eth0", "is not an address such as"),
        ("h" * 301, "at most 300"),
    ],
)
def test_a_wrong_address_is_told_in_words(typed: str, words: str) -> None:
    with pytest.raises(AddressWrong, match=words):
        parse(typed)


@given(st.one_of(st.text(max_size=60), st.text("[]:./%@0123456789abchttps-", max_size=30)))
def test_any_text_is_an_address_or_is_refused_in_words(text: str) -> None:
    try:
        address = parse(text)
    except AddressWrong:
        return
    assert isinstance(address, Address)
    assert parse(str(address)) == address
