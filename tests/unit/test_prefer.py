import pytest

from adapter.http.prefer import Preferences, read_prefer


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ([], None),
        (["wait=10"], 10),
        (["WAIT=10"], 10),
        (['wait="10"'], 10),
        (["wait = 10"], 10),
        (["respond-async, wait=10"], 10),
        (["respond-async", "wait=10"], 10),
        (["wait=10; foo=bar"], 10),
        (["wait=10,wait=20"], 10),
        (["wait=10", "wait=20"], 10),
        (["wait=ten, wait=20"], None),
        ([",, wait=10,"], 10),
        (["wait=0"], 0),
        (["wait"], None),
        (["wait="], None),
        (['wait=""'], None),
        (["wait=-1"], None),
        (["wait=1.5"], None),
        (["wait=+5"], None),
        (["wait=1e3"], None),
        (["wait=\uff12\uff10"], None),
        (["wait=" + "9" * 5000], None),
        (["await=10"], None),
        (["foo; wait=10"], None),
        (['foo="a, wait=5"'], None),
        (['foo="a, wait=5", wait=10'], 10),
        (['foo="a;b", wait=10'], 10),
        (['foo="\\", wait=5", wait=10'], 10),
    ],
)
def test_wait_is_read_in_every_form_of_rfc_7240(headers: list[str], wait_s: int | None) -> None:
    """Of one that stands twice the first counts; what is not understood is ignored, quotes are respected."""
    assert read_prefer(headers).wait_s == wait_s


@pytest.mark.parametrize(
    ("header", "wants_minimal"),
    [
        ("return=minimal", True),
        ('Return="minimal"', True),
        ("return=representation", False),
        ("return=representation, return=minimal", False),
        ("return", False),
        ("minimal", False),
        ("", False),
    ],
)
def test_only_return_minimal_asks_for_no_body(header: str, *, wants_minimal: bool) -> None:
    """Everybody else gets one."""
    assert read_prefer([header]).wants_minimal is wants_minimal


def test_both_preferences_may_stand_together() -> None:
    """In one header, in any order."""
    expected = Preferences(wait_s=10, wants_minimal=True)
    assert read_prefer(["return=minimal, wait=10"]) == expected
    assert read_prefer(["wait=10, return=minimal"]) == expected
