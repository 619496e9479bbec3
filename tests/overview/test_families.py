"""Numbers of a node, as a monitor reads them."""

from edge.health import Waiting
from edge.journal import Contact
from edge.media.outlet import Sent
from edge.overview.exposition import written
from edge.overview.families import Kept, of_hub, of_nodes, of_watchers
from sync.records import NodeHealth
from sync.tree import Standing
from sync.wellbeing import Told
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


def _node(name: str, heard: int, trouble: str = "") -> Standing:
    return Standing(name, "aul", "", True, False, heard, heard, 0, 0, 0, trouble)


def test_a_node_that_is_heard_and_says_nothing_of_itself_can_be_told_from_one_that_is_well() -> None:
    nodes = [_node("well", NOON - 60_000), _node("dumb", NOON - 60_000, "read-only"), _node("new", 0)]
    told = {
        "well": Told(NOON - 7_200_000, NodeHealth("2.0")),
        "dumb": Told(NOON - 108_000_000, NodeHealth("2.0")),
    }
    page = read(written(of_nodes(Kept({}, Waiting(0, 0), 0, 0, nodes, told, NOON))))
    assert page.value("tirek_node_told_age_seconds", node="well", school="aul") == 7200
    assert page.value("tirek_node_told_age_seconds", node="dumb", school="aul") == 108_000
    assert page.value("tirek_node_only_lessons", node="well", school="aul") == 0
    assert page.value("tirek_node_only_lessons", node="dumb", school="aul") == 1
    assert "new" not in {dict(labels).get("node") for _, labels in page.values}
