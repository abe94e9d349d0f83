"""The ids of our channels: what they say, and what is no such id."""

import pytest

from adapter.asterisk.naming import OTHER_HALF, ChannelId, Kind, read_channel_id

ID = "0123456789abcdef0123"


@pytest.mark.parametrize("kind", [*Kind, "call"])
def test_what_is_written_into_an_id_is_read_from_it(kind: str) -> None:
    """Of both halves of a Local channel; a kind that a newer adapter begins is read as well."""
    made = ChannelId(kind, "main", ID)
    assert str(made) == f"uapi-{kind}-main-{ID}"
    assert read_channel_id(str(made)) == made
    assert read_channel_id(str(made) + OTHER_HALF) == made


@pytest.mark.parametrize(
    ("uniqueid", "read"),
    [
        (f"uapi-{ID}", ChannelId(Kind.SPY, "", ID)),
        (f"uapi-notice-{ID}-0123abcd", ChannelId(Kind.NOTICE, ID, "0123abcd")),
    ],
)
def test_the_ids_of_adapters_before_this_naming_are_read(uniqueid: str, read: ChannelId) -> None:
    """What they joined goes on over an update: it is a spy's, and no adapter's in particular."""
    assert read_channel_id(uniqueid) == read


@pytest.mark.parametrize(
    "uniqueid",
    [
        "",
        *("uapi-", "1795405388.1", f"pbx-uapi-spy-main-{ID}", f"UAPI-spy-main-{ID}", f"uapi-spy-{ID}"),
        *(f"uapi-spy-main-{ID}-1", f"uapi-spy--{ID}", "uapi-spy-main-", f"uapi-spy-main-{ID};1"),
        *("uapi-1-1700000000.12", "uapi-spy-main-1700000000.12", f"uapi-spy-main-{ID}\n", "uapi-\u0661"),
    ],
)
def test_what_has_another_form_is_nobody_of_ours(uniqueid: str) -> None:
    """Asterisk's own ids have a point, also where its `systemname` looks like the beginning of ours."""
    assert read_channel_id(uniqueid) is None


def test_a_channel_belongs_to_the_adapter_that_it_names() -> None:
    """One that names none was begun before this naming: whoever finds it accounts for it."""
    named, unnamed = ChannelId(Kind.SPY, "main", ID), ChannelId(Kind.SPY, "", ID)
    assert [one.is_owned_by("main") for one in (named, unnamed)] == [True, True]
    assert [one.is_owned_by("second") for one in (named, unnamed)] == [False, True]


def test_only_supervisors_channels_and_notice_tones_have_to_do_with_spying() -> None:
    """A call that an adapter begins for a client is a call."""
    kinds = {kind: ChannelId(kind, "main", ID).is_of_a_spy for kind in (*Kind, "call", "record")}
    assert kinds == {Kind.SPY: True, Kind.NOTICE: True, "call": False, "record": False}
