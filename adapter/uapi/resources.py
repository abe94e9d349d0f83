"""What the API answers: structs that are sent, and described, as they stand. Pure.

A field that is None by default is left out where it is None.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from adapter.callcontrol.supervision.session import State
from adapter.uapi.digits import Disposition, Flow, Status

Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
CallId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{20}$",
        description="Stable for the life of the call, across restarts and the same on every replica.",
    ),
]
ExtensionNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,10}\*[0-9]{1,10}$",
        description="Organization prefix, `*`, local number.",
        examples=["0003*210"],
    ),
]
Date = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, examples=["2012-06-27T16:08:55+03:00"])]


def one_of(*texts: str) -> Meta:
    """That a text is one of these."""
    return Meta(extra_json_schema={"enum": list(texts)})


class _Answer(Struct, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    pass


class Link(_Answer):
    """Where a resource is."""

    self_: Annotated[Url, Meta(description="The resource's own address.")] = field(name="self")


class AcceptedLink(Link):
    """Where the call is, and what becomes of the supervision."""

    supervision: Annotated[Url, Meta(description="What becomes of it, as in the header `Location`.")]


class PhoneCallView(_Answer, kw_only=True):
    """A call from the perspective of one extension that takes part. Null fields are left out."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{2,}$",
            description="In order of appearance, never reused within a call.",
            examples=["01"],
        ),
    ]
    extension: Annotated[ExtensionNumber, Meta(description="Whose perspective this is.")]
    ringing: Annotated[Date | None, Meta(description="When this leg began to ring.")] = None
    answered: Annotated[Date | None, Meta(description="When this leg was answered.")] = None
    status: Annotated[
        Status,
        Meta(
            description="`0` unknown, `1` off hook, `2` trying, `3` ringing, `4` other side ringing, "
            "`5` on call."
        ),
    ]
    flow: Annotated[Flow, Meta(description="`2` local, `4` outgoing public, `8` incoming public.")]
    caller_id: Annotated[
        str | None,
        Meta(
            description="`Name <number>`, as shown to the called party.",
            examples=["John Doe <42420042>"],
        ),
    ] = None
    source: Annotated[list[str], Meta(description="Who calls.", examples=[["777888"]])]
    destination: Annotated[list[str], Meta(description="Who is called.", examples=[["0003*210"]])]
    on_hold: Annotated[Date | None, Meta(description="On hold since.")] = None
    holder: Annotated[
        Annotated[str, one_of("1")] | None, Meta(description="On the view of the party that holds.")
    ] = None
    parked: Annotated[Date | None, Meta(description="Parked since.")] = None
    parked_pos: Annotated[str | None, Meta(description="Where it is parked.")] = None
    parked_by: Annotated[str | None, Meta(description="Who parked it.")] = None
    recording: Annotated[Date | None, Meta(description="Recorded since.")] = None
    disposition: Annotated[
        Disposition | None,
        Meta(description="`0` answered, `1` busy, `2` failed, `3` no answer, `4` unknown, `5` not allowed."),
    ] = None


class PhoneCall(_Answer, kw_only=True):
    """A live call. Null fields are left out."""

    id: CallId
    extension: Annotated[ExtensionNumber, Meta(description="The extension that the call is charged to.")]
    owner_id: Annotated[str, Meta(description="The Organization that owns the call.")]
    owner_name: Annotated[str, Meta(description="The Organization's name.")]
    answered: Annotated[Date | None, Meta(description="When the call was answered.")] = None
    published: Annotated[Date, Meta(description="When the call entered the PBX.")]
    views: Annotated[list[PhoneCallView], Meta(description="One entry per perspective.")] = field(
        name="phoneCallView"
    )
    link: Link


class PhoneCallFields(_Answer):
    """A PhoneCall in a list: all of its fields, or those that the parameter `fields` names."""

    id: CallId | None = None
    extension: ExtensionNumber | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    answered: Date | None = None
    published: Date | None = None
    views: list[PhoneCallView] | None = field(name="phoneCallView", default=None)
    link: Link | None = None


class Paging(_Answer):
    """The neighbouring pages; left out where there is none."""

    next: Url | None = None
    prev: Url | None = None


_ENTRIES = ({"$ref": "#/components/schemas/PhoneCall"}, {"$ref": "#/components/schemas/PhoneCallFields"})


class PhoneCallList(_Answer):
    """A page of the live calls, ordered by `published`."""

    entry: list[Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": list(_ENTRIES)})]]
    """Each written by itself: a long list lets others go on in between."""
    total_results: Annotated[int, Meta(ge=0, description="How many calls all pages have.")]
    items_per_page: Annotated[int, Meta(ge=1, description="The `count` that was asked for.")]
    start_index: Annotated[int, Meta(ge=0)]
    paging: Paging


class Accepted(_Answer):
    """Asterisk has taken the request; the phone in `sendCallTo` still rings."""

    id: CallId
    extension: Annotated[ExtensionNumber, Meta(description="The extension that is barged in on.")]
    link: AcceptedLink


class EndReason(_Answer):
    """Why a supervision ended: the code is for programs and stable, the message for people."""

    code: Annotated[str, Meta(pattern=r"^[a-z_]+$", examples=["supervisor_left"])]
    message: Annotated[str, Meta(min_length=1, examples=["The supervisor hung up."])]


_NUMBER_OR_NONE = Meta(pattern=r"^([0-9]{1,10}\*[0-9]{1,10})?$", examples=["0003*210"])


class Supervision(_Answer, kw_only=True):
    """One supervision from request to end. Null fields are left out."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{20}$")]
    state: State
    since: Annotated[Date, Meta(description="When it reached its state.")]
    requested: Annotated[Date, Meta(description="When it was asked for.")]
    action: Annotated[str, one_of("BargeIn", "Monitor", "Whisper")]
    private: Annotated[Annotated[str, one_of("0", "1")] | None, Meta(description="Of a `Whisper`.")] = None
    supervisor: Annotated[str, _NUMBER_OR_NONE, Meta(description="The extension that rings, or has joined.")]
    extension: Annotated[str, _NUMBER_OR_NONE, Meta(description="The extension that is supervised.")]
    phone_call_id: CallId
    follow: Annotated[str, one_of("extension", "call", "agent")]
    app: Annotated[str | None, Meta(description="The App that asked for it.", examples=["wallboard"])] = None
    reason: Annotated[EndReason | None, Meta(description="Why it ended, once it has.")] = None
    link: Link


class Gone(_Answer):
    """What is over, or is seen no longer."""

    id: str


class Reset(_Answer):
    """Why what came before does not tell all."""

    reason: str
