import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.asterisk.caller_id import NAME_LIMIT_BYTES, CallerId, parse_caller_id

NUMBERS = st.from_regex(r"\A\+?[0-9*#]{1,32}\Z")
NAMES = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1)
    .map(lambda name: name.strip(" "))
    .filter(lambda name: name and len(name.encode()) <= NAME_LIMIT_BYTES)
)


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("John Doe <+3334444>", "John Doe", "+3334444"),
        ("John Doe <42420042>", "John Doe", "42420042"),
        ("Agent <0003*210>", "Agent", "0003*210"),
        ("J<#31#>", "J", "#31#"),
        ("  John   <1>  ", "John", "1"),
        ("Ünïcode Ωμέγα <1>", "Ünïcode Ωμέγα", "1"),
        ("A <B> <2>", "A <B>", "2"),
        ('The "Boss" <1>', 'The "Boss"', "1"),
    ],
)
def test_a_name_and_a_number_are_a_caller_id(text: str, name: str, number: str) -> None:
    """The founding document's form, with the spaces that clients leave around it."""
    assert parse_caller_id(text) == CallerId(name, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "John Doe",
        "<+3334444>",
        "  <1>",
        "John <>",
        "John <+>",
        "John <1",
        "John 1>",
        "John <1> x",
        "John <12a>",
        "John <1+2>",
        "John <++1>",
        "John <١٢٣>",
        "John <" + "1" * 33 + ">",
        "John <1 2>",
        "x" * (NAME_LIMIT_BYTES + 1) + " <1>",
        "é" * (NAME_LIMIT_BYTES // 2 + 1) + " <1>",
        "John\ud800 <1>",
        "John\u2028Doe <1>",
        "John\u202eDoe <1>",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """No half caller ids: a name that cannot be shown or a number that cannot be called."""
    with pytest.raises(ValueError, match=r"."):
        parse_caller_id(text)


@given(NAMES, NUMBERS, st.integers(0), st.sampled_from("\r\n\t\0\x0b\x0c\x1b\x7f\x85"))
def test_a_control_character_anywhere_is_refused(name: str, number: str, place: int, control: str) -> None:
    """ "Name printable, no control characters": in the name, the number, before, between or after."""
    text = f"{name} <{number}>"
    place %= len(text) + 1
    with pytest.raises(ValueError, match=r"."):
        parse_caller_id(text[:place] + control + text[place:])


@given(NAMES, NUMBERS)
def test_what_is_written_is_read_again(name: str, number: str) -> None:
    """`str` and `parse_caller_id` are each other's inverse."""
    caller_id = CallerId(name, number)
    assert parse_caller_id(str(caller_id)) == caller_id
