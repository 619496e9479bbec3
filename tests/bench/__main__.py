"""`python -m tests.bench [--only TOPIC] [--quick] [--write]`: measure and print tables."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    appliance,
    cards,
    congestion,
    hands,
    join,
    kiosk,
    kolibri,
    library,
    loss,
    materials,
    polite,
    record,
    relay,
    repair,
    screen,
    seminar,
    vision,
)
from tests.bench.child import Silent
from tests.bench.devices import export, firmata, lines, modbus, stop
from tests.bench.journal import disk, exports, ingest, memory, region, thin, wire
from tests.bench.machine import machine
from tests.bench.table import Table

TOPICS: dict[str, Callable[[bool], Table]] = {
    "relay": relay.run,
    "record": record.run,
    "loss": loss.run,
    "congestion": congestion.run,
    "join": join.run,
    "journal-wire": wire.run,
    "journal-thin": thin.run,
    "journal-ingest": ingest.run,
    "journal-region": region.run,
    "journal-memory": memory.run,
    "journal-disk": disk.run,
    "journal-export": exports.run,
    "kolibri": kolibri.run,
    "screen": screen.run,
    "polite": polite.run,
    "vision": vision.run,
    "cards": cards.run,
    "library-search": library.run,
    "devices-lines": lines.run,
    "devices-firmata": firmata.run,
    "devices-stop": stop.run,
    "devices-modbus": modbus.run,
    "lab-export": export.run,
    "materials": materials.run,
    "siblings": materials.run_school,
    "repair": repair.run,
    "return": seminar.run,
    "appliance": appliance.run,
    "kiosk": kiosk.run,
    "hands": hands.run,
}
MEASURED = Path(__file__).parents[2] / "docs" / "measured"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", choices=TOPICS, action="append", help="one topic; may be given more than once"
    )
    parser.add_argument("--quick", action="store_true", help="fewer cases, shorter: about 10 minutes")
    parser.add_argument("--write", action="store_true", help="write docs/measured/DATE-TOPIC.md as well")
    asked = parser.parse_args()
    where = machine()
    print(where, end="\n\n", flush=True)
    failed = []
    for topic in asked.only or TOPICS:
        try:
            table = TOPICS[topic](asked.quick)
        except Silent as exc:  # its own words are on stderr; the other topics can still be measured
            failed.append(topic)
            print(f"## {topic}: not measured, {exc}\n", flush=True)
            continue
        print(table.text(), flush=True)
        if asked.write:
            _write(table, where)
    sys.exit(f"not measured: {', '.join(failed)}" if failed else 0)


def _write(table: Table, where: str) -> None:
    command = " ".join(["python -m tests.bench", *sys.argv[1:]])
    page = MEASURED / f"{datetime.now(UTC):%Y-%m-%d}-{table.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{table.text().replace('## ', '# ', 1)}\n`{command}`\n\n{where}\n")


if __name__ == "__main__":
    main()
