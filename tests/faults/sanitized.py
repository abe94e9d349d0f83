"""The reader in C, built to stop at any byte that is not its own, fed with what no Asterisk sends.

Run by test_sanitized.py in a process of its own: what it finds ends the process.
"""

import importlib.util
import random
import sys
from types import ModuleType

from adapter.asterisk import wire
from tests.faults.fuzzing import make_input
from tests.unit.test_wire import WANTED_BYTES


def _built(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("adapter.asterisk._wire", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(path: str, inputs: int, seed: int) -> None:
    """Read so many inputs; raises where C and Python do not read the same."""
    in_c, messages = _built(path), 0
    for count in range(inputs):
        data = make_input(random.Random(seed + count))  # noqa: S311 - to be made again
        cut = in_c.split_messages(data, WANTED_BYTES)
        if cut != wire.split_messages(data, WANTED_BYTES):
            raise AssertionError(f"C and Python differ: input {count}, seed {seed + count}")
        for text, beginning in cut[0]:
            start = 0 if beginning is None else beginning[3]
            for role in ("", "Dest"):
                if in_c.find_channel(text, start, role) != wire.find_channel(text, start, role):
                    raise AssertionError(f"channels differ: input {count}, seed {seed + count}")
            names = ("Application", "ApplicationData")
            if in_c.find_values(text, start, names) != wire.find_values(text, start, names):
                raise AssertionError(f"values differ: input {count}, seed {seed + count}")
            messages += 1
    print(messages)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
