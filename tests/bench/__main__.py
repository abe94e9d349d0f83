"""`python -m tests.bench [NAME ...] [--json FILE]`: the benches, all or some, as a table and as JSON."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from adapter.lab import LabError
from tests.bench import barge_in, cpu, freshness, growth, listing, memory, reader, snapshot, store
from tests.bench.figures import Figure, table, write_json

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "reader": reader.run,
    "barge_in": barge_in.run,
    "freshness": freshness.run,
    "listing": listing.run,
    "snapshot": snapshot.run,
    "cpu": cpu.run,
    "memory": memory.run,
    "growth": growth.run,
    "store": store.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {unknown[0]}; there are {', '.join(BENCHES)}")
    figures: list[Figure] = []
    failed = False
    for name in given.names or BENCHES:
        began = time.monotonic()
        try:
            figures += BENCHES[name]()
        except (LabError, AssertionError, OSError, TimeoutError) as trouble:
            failed = True
            sys.stderr.write(f"{name}: {trouble or type(trouble).__name__}\n")
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(table(figures) + "\n")
    if given.json:
        write_json(figures, given.json)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
