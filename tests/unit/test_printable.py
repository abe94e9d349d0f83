"""What a terminal may show of a text that somebody else chose."""

import sys
import unicodedata

import pytest

from adapter.printable import find_unprintable, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Müller <0003*210>", "Zoë Müller <0003*210>"),
        ("张伟", "张伟"),
        ("", ""),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("gnp.\u202eexe", r"gnp.\u202eexe"),
        ("a\r\nb\tc\0", r"a\r\nb\tc\x00"),
        ("a\u2028b\u200bc", r"a\u2028b\u200bc"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_printed_stands_as_an_escape(text: str, shown: str) -> None:
    """All else stands as it is, letters of every alphabet too."""
    assert printable(text) == shown


def test_no_control_or_format_character_of_unicode_is_let_through() -> None:
    """Nor half a surrogate, nor a line or paragraph separator: of every character that there is."""
    all_there_are = map(chr, range(sys.maxunicode + 1))
    harmful = [one for one in all_there_are if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert [one for one in harmful if not printable(one).isascii()] == []


@pytest.mark.parametrize(("text", "found"), [("plain", ""), ("a\u202eb\x1b", "U+202E"), ("\n", "U+000A")])
def test_the_first_character_that_cannot_be_printed_is_named(text: str, found: str) -> None:
    """As Unicode's tables name it: nobody can see it where it stands."""
    assert find_unprintable(text) == found
