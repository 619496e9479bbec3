"""Who gives something wrong is asked less and less, for that item, and others are asked meanwhile."""

from edge.content.shunned import MISSING, STRIKES, WRONG, Shunned


def test_each_wrong_chunk_costs_its_sender_a_longer_time() -> None:
    shunned, now = Shunned(), 0.0
    for times, seconds in enumerate((*WRONG, WRONG[-1]), 1):
        assert shunned.wrong("hub", "film", now) == times
        assert shunned.why("hub", "film", now + seconds - 1) == "damaged"
        assert shunned.why("hub", "film", now + seconds) == ""
        now += seconds
    assert shunned.faults == {"hub": len(WRONG) + 1}


def test_other_items_and_other_nodes_are_not_concerned() -> None:
    shunned = Shunned()
    shunned.missing("hub", "film", "gone", 0.0)
    assert shunned.why("hub", "film", 1.0) == "gone"
    assert (shunned.why("hub", "book", 1.0), shunned.why("sibling", "film", 1.0)) == ("", "")


def test_a_liar_is_who_gave_something_wrong_or_often_had_not_what_it_said() -> None:
    shunned = Shunned()
    shunned.wrong("wrong", "film", 0.0)
    shunned.missing("once", "film", "gone", 0.0)
    for number in range(STRIKES):
        shunned.missing("often", f"{number}", "gone", 0.0)
    assert shunned.liars(1.0) == {"wrong", "often"}
    assert shunned.liars(MISSING) == set()
    shunned.forget(MISSING)
    assert shunned.why("often", "0", 1.0) == ""
