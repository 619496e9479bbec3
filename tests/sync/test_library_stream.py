"""What hubs publish, or say in a lesson, goes to all below them, and up; it goes to nobody beside them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import exchange, streams
from sync.protocol import Head, Request
from sync.records import ContentOffered, QuestionAnswered
from sync.tables import Entry
from tests.sync.country import HUB, OTHER, REGION, SUB, Country
from tests.sync.peers import Peer


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path)
    yield made
    made.close()


def _offers(peer: Peer, version: int = 1) -> None:
    fact = ContentOffered(peer.node, "key", version, "{}", "signature")
    peer.ledger.append([Entry("library", "", fact)]).result()


def _publishers(peer: Peer) -> set[str]:
    return {node for node, *_ in peer.facts("library")}


def test_what_is_published_above_comes_to_every_school_and_to_none_of_another_branch(
    country: Country,
) -> None:
    for peer in (country.region, country.hub, country.other, country.sub):
        _offers(peer)
    country.evens()
    country.evens()  # what the last one of the tree said passes through those that came before it
    assert _publishers(country.room) == {REGION, HUB}
    assert _publishers(country.far) == {REGION, HUB, SUB}
    assert _publishers(country.lab) == {REGION, OTHER}
    assert _publishers(country.hub) == {REGION, HUB, SUB}
    assert _publishers(country.region) == {REGION, HUB, OTHER, SUB}


def test_what_a_hub_teacher_says_comes_to_every_class_below_and_to_none_of_another_branch(
    country: Country,
) -> None:
    for peer in (country.region, country.hub, country.other, country.sub):
        said = QuestionAnswered("lesson", "0" * 16, "?", peer.node)
        peer.ledger.append([Entry("teaching", "", said)]).result()
    country.evens()
    country.evens()

    def teachers(peer: Peer) -> set[str]:
        return {node for node, *_ in peer.facts("teaching")}

    assert teachers(country.room) == {REGION, HUB}
    assert teachers(country.far) == {REGION, HUB, SUB}
    assert teachers(country.lab) == {REGION, OTHER}
    assert teachers(country.region) == {REGION, HUB, OTHER, SUB}


def test_what_another_branch_publishes_is_not_even_shown(country: Country) -> None:
    _offers(country.other)
    country.evens()
    foreign = [name for name in country.region.streams() if name.startswith(OTHER) and ".library." in name]
    shared = country.region.ledger.read(lambda db: exchange.Shared(db, REGION, HUB))
    reply = country.region.answers(HUB, Request(want={name: Head(0, "") for name in foreign}))
    assert len(foreign) == 1
    assert [name for name in foreign if shared.holds(streams.parse(name))] == []
    assert reply.batches == ()


def test_a_hub_that_was_put_back_from_a_backup_gets_its_offers_again(
    country: Country, tmp_path: Path
) -> None:
    _offers(country.hub, 1)
    country.evens()
    country.hub.copy(tmp_path / "backup")
    _offers(country.hub, 2)
    country.evens()
    before = country.hub.facts("library")
    country.hub.ledger.close()
    shutil.rmtree(country.hub.folder)
    shutil.copytree(tmp_path / "backup", country.hub.folder)
    country.hub.open()
    country.evens()
    assert country.hub.facts("library") == before
    assert country.room.facts("library") == before
    assert country.hub.faults() == []


def test_an_offer_waits_behind_registers_and_before_the_log(country: Country) -> None:
    ranks = [streams.FLOWS[class_].rank for class_ in ("register", "talk", "library", "log")]
    assert ranks == sorted(ranks)
