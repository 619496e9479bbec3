"""Numbers of a node, as a monitor reads them."""

from edge.journal import Contact
from edge.media.outlet import Sent
from edge.overview.exposition import written
from edge.overview.families import of_hub, of_watchers
from tests.overview.prometheus import read

NOON = 1_795_000_000_000


def test_what_was_not_sent_is_counted_by_its_reason() -> None:
    page = read(written(of_watchers(Sent(1, 2, 3, 4, 5, 6) + Sent(10, 10, 10, 10, 10, 10))))
    assert page.value("tirek_viewer_resent_packets_total") == 13
    assert page.value("tirek_viewer_refused_resends_total") == 14
    assert page.value("tirek_viewer_unsent_packets_total") == 15
    assert page.value("tirek_viewer_left_out_pictures_total") == 16


def test_the_age_of_an_exchange_is_in_seconds_and_not_told_before_the_first() -> None:
    page = read(written(of_hub(Contact(NOON - 90_000, "silent", 7), True, NOON)))
    never = read(written(of_hub(Contact(), True, NOON)))
    assert page.value("tirek_hub_exchange_age_seconds") == 90
    assert (page.value("tirek_hub_failing"), page.value("tirek_hub_tries_total")) == (1, 7)
    assert "tirek_hub_exchange_age_seconds" not in never.types
