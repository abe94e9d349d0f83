"""Files and places are shared out, so that no client has them all."""

import contextlib

from adapter.http.connections import share_files
from adapter.http.places import Places


def test_one_client_may_have_half_of_the_places() -> None:
    """The other half is for others; a place that is left is free again."""
    places = Places(4)
    with contextlib.ExitStack() as own, contextlib.ExitStack() as others:
        assert [own.enter_context(places.taken("a")) for _ in range(3)] == [True, True, False]
        assert [others.enter_context(places.taken(name)) for name in "bcd"] == [True, True, False]
        own.close()
        with places.taken("b") as has_place:
            assert has_place
    with places.taken("a") as has_place:
        assert has_place


def test_a_place_is_left_by_an_error_too() -> None:
    """Whatever happens to who waits."""
    places = Places(1)
    for _ in range(3):
        with contextlib.suppress(ValueError), places.taken("a") as has_place:
            assert has_place
            raise ValueError


def test_files_are_kept_for_the_link_whatever_clients_do() -> None:
    """Some even where there are few; no share is more than clients have in all."""
    for files in (64, 128, 256, 1024, 65536):
        shares = share_files(files)
        assert 16 <= files - shares.connections <= 64
        assert 0 < max(shares.idle, shares.bodies + shares.waits) <= shares.connections
