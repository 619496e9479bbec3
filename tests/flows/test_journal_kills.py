"""Power cuts for every process of a tree, again and again: no acknowledged register is lost, none doubled."""

import json
import os
import random
from collections import Counter

import pytest

from tests.flows.crew import Crew, Json
from tests.flows.journals import facts, faults
from tests.flows.tree import REGISTER, Told, Tree

pytestmark = pytest.mark.asyncio(loop_scope="session")

KILLS = int(os.environ.get("TREE_KILLS", "50"))
MOST_BETWEEN = 60  # registers between two kills: about a second, less than a daemon needs to come up
ROOMS = ("room-a", "room-b")


async def test_killing_any_process_of_a_tree_loses_and_doubles_no_register(crew: Crew) -> None:
    chance = random.Random(KILLS)
    tree = Tree(crew)
    tree.plant()
    for name in tree.names:
        await tree.start(name)

    for number in range(KILLS):
        if number % 2:
            await tree.takes(chance.randrange(MOST_BETWEEN))
            await tree.again(chance.choice(tree.names))
        else:
            parent = chance.choice(("region", "hub"))
            await tree.exchanges(parent)
            await tree.again(chance.choice((parent, *tree.children(parent))))
    await tree.listen()
    await tree.takes(1)
    for room in ROOMS:
        await tree.kill(f"writer of {room}")
    await tree.is_even()
    exported = await _exported(tree)
    await tree.stop()

    assert [fault for node in tree.nodes for fault in faults(tree.state(node))] == []
    _assert_all_is_there(tree)
    _assert_the_export_tells_it(tree, exported)
    assert _forked(tree) == {}
    assert [line for said in tree.said.values() for line in said.splitlines() if "level=error" in line] == []


async def _exported(tree: Tree) -> list[Json]:
    answer = await tree.typed("region", "export", "attendance", "--format", "jsonl")
    assert answer.status == 0, answer.err
    rows = [json.loads(line) for line in answer.lines]
    assert rows.pop().keys() == {"cursor"}
    return rows


def _assert_all_is_there(tree: Tree) -> None:
    """The region holds what was acknowledged, once, and nothing that nobody asked for."""
    held = Counter(fact.id for fact in facts(tree.state("region"), REGISTER))
    assert max(held.values()) == 1
    for room in ROOMS:
        told = tree.told(room)
        acknowledged = [each.id for each in told if each.id]
        assert [id_ for id_ in acknowledged if id_ not in held] == []
        here = {fact.id for fact in facts(tree.state(room), REGISTER)}
        assert here <= held.keys()
        assert len(acknowledged) <= len(here) <= len(told) - len(acknowledged)


def _assert_the_export_tells_it(tree: Tree, exported: list[Json]) -> None:
    """The marks of each lesson are those acknowledged last, or asked for after that."""
    shown: dict[tuple[str, str], dict[str, str]] = {}
    for row in exported:
        lesson = (row["school"], f"{row['class']} {row['date']} {row['starts']}")
        assert str(row["number"]) not in shown.setdefault(lesson, {})
        shown[lesson][str(row["number"])] = row["code"]
        assert not row["conflict"]
    told: dict[tuple[str, str], list[Told]] = {}
    for room in ROOMS:
        for each in tree.told(room):
            told.setdefault((room, each.lesson), []).append(each)
    assert shown.keys() <= told.keys()
    assert [lesson for lesson, of in told.items() if not _is_told(shown.get(lesson), of)] == []


def _is_told(shown: dict[str, str] | None, told: list[Told]) -> bool:
    """Tell whether what is exported of a lesson is what its writer had acknowledged, or may have written."""
    acknowledged = [place for place, each in enumerate(told) if each.id]
    certain = told[acknowledged[-1]].marks if acknowledged else None
    asked = told[acknowledged[-1] + 1 :] if acknowledged else told
    return shown in [certain, *(each.marks for each in asked)]


def _forked(tree: Tree) -> dict[str, int]:
    """Return who writes under several incarnations: a kill is no reason to."""
    names = {(fact.node, fact.incarnation) for node in tree.nodes for fact in facts(tree.state(node))}
    return {node: count for node, count in Counter(node for node, _ in names).items() if count > 1}
