"""Lines written in a thread: whoever has one to write goes on at once."""

import threading

from adapter.lab.polling import until
from adapter.line_writer import WAITING_LIMIT, LineWriter


class Slow:
    """Writes only while it is let."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.is_asked, self.may_write = threading.Event(), threading.Event()

    def write(self, lines: list[str]) -> None:
        self.is_asked.set()
        assert self.may_write.wait(5)
        self.written.append(lines)


def test_what_waits_at_the_end_is_written() -> None:
    """In order, and all that waited at once."""
    slow = Slow()
    writer = LineWriter("test", slow.write)
    assert writer.put("first")
    assert slow.is_asked.wait(5)
    assert all(writer.put(line) for line in ("second", "third"))
    slow.may_write.set()
    assert writer.close(5)
    assert slow.written[0] == ["first"]
    assert [line for lines in slow.written for line in lines] == ["first", "second", "third"]


def test_a_line_too_many_is_refused_and_nothing_is_waited_for() -> None:
    """Those before it are written nevertheless."""
    slow = Slow()
    writer = LineWriter("test", slow.write)
    assert writer.put("first")
    assert slow.is_asked.wait(5)
    taken = [writer.put("line") for _ in range(WAITING_LIMIT + 3)]
    assert (taken.count(True), taken[-3:]) == (WAITING_LIMIT, [False] * 3)
    slow.may_write.set()
    assert writer.close(5)
    assert sum(len(lines) for lines in slow.written) == 1 + WAITING_LIMIT


def test_the_lines_of_a_moment_are_one_write() -> None:
    """The first one waits for those behind it."""
    slow = Slow()
    slow.may_write.set()
    writer = LineWriter("test", slow.write, moment_s=0.2)
    for line in ("first", "second", "third"):
        writer.put(line)
    assert writer.close(5)
    assert slow.written[0] == ["first", "second", "third"]


async def test_it_can_be_woken_without_a_line() -> None:
    """As to look after its file."""
    slow = Slow()
    slow.may_write.set()
    writer = LineWriter("test", slow.write)
    writer.wake()
    await until(lambda: slow.written == [[]])
    assert writer.close(5)


def test_one_that_is_held_up_is_not_waited_for_for_ever() -> None:
    """A process ends, whoever reads its log."""
    slow = Slow()
    writer = LineWriter("test", slow.write)
    writer.put("first")
    assert slow.is_asked.wait(5)
    assert not writer.close(0.05)
    slow.may_write.set()
    assert writer.close(5)
