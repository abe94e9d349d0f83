"""What the lab's phones say in SIP and in their journals. No Asterisk."""

from urllib.parse import unquote

import pytest

from adapter.lab import LabError, Step
from adapter.lab.journal import parse_line
from adapter.lab.sip import find_tags, replaces, write_request

SERVER = ("127.0.0.1", 5060)


def test_a_key_is_a_header_of_the_request() -> None:
    """By it a scenario knows what to do; a request without one is the hook switch."""
    request = write_request("INFO", *SERVER, ("127.0.0.2", 9), "a@b", headers={"X-Key": "media"}).decode()
    assert "\r\nX-Key: media\r\n" in request
    assert "X-Key" not in write_request("INFO", *SERVER, ("127.0.0.2", 9), "a@b").decode()


def test_the_tags_of_a_dialog_stand_in_order() -> None:
    """Ours first, as the journal writes From before To."""
    entry = parse_line('answered 1@x "A;b" <sip:1@x>;tag=ours-1 <sip:2@x>;tag=theirs', 0.0)
    assert entry.step is Step.ANSWERED
    assert find_tags(entry.text) == ("ours-1", "theirs")


def test_who_is_replaced_is_named_as_the_server_knows_it() -> None:
    """RFC 3891: to-tag is the tag of the one that reads it; all of it is escaped within the address."""
    refer_to = replaces("0003*211", SERVER, "1@127.0.0.2", ("ours", "theirs"))
    address, _, value = refer_to.partition("?Replaces=")
    assert address == "<sip:0003*211@127.0.0.1:5060"
    assert unquote(value) == "1@127.0.0.2;to-tag=theirs;from-tag=ours>"
    assert not set("@;=") & set(value)


@pytest.mark.parametrize("line", ["", "dances 1@x", "ringing", "ringing "])
def test_a_line_that_tells_no_step_is_an_error(line: str) -> None:
    """A scenario that writes nonsense is found out."""
    with pytest.raises(LabError, match="journal"):
        parse_line(line, 0.0)
