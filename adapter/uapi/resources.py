"""What the API answers: structs that are sent, and described, as they stand. Pure.

A field that is None by default is left out where it is None.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from adapter.callcontrol.supervision.session import State
from adapter.uapi.digits import Disposition, Flow, PresenceStatus, RegistrationDigit, Status

Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
CallId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{20}$",
        description="Stays the same for the life of the call, also across restarts and on every replica.",
    ),
]
ExtensionNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,10}\*[0-9]{1,10}$",
        description="The organization's prefix, `*`, and the local number.",
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
    """The addresses of a resource."""

    self_: Annotated[Url, Meta(description="The resource's own address.")] = field(name="self")


_Audio = Annotated[
    Annotated[str, Meta(pattern="^wss?://")] | None,
    Meta(
        description="The address of the WebSocket that brings the audio. Only with `media` `stream`, until "
        "the supervision ends."
    ),
]


class AcceptedLink(Link):
    """The addresses of the call and of the supervision."""

    supervision: Annotated[
        Url, Meta(description="The address of the supervision, as in the header `Location`.")
    ]
    audio: _Audio = None


class SupervisionLink(Link):
    """The addresses of a supervision."""

    audio: _Audio = None


class PhoneCallView(_Answer, kw_only=True):
    """A call as one of its extensions sees it. Fields without a value are left out."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{2,}$",
            description="Counts the views of the call in the order in which they appeared. A call never "
            "reuses an id.",
            examples=["01"],
        ),
    ]
    extension: Annotated[ExtensionNumber, Meta(description="The extension whose view this is.")]
    ringing: Annotated[Date | None, Meta(description="When this leg began to ring.")] = None
    answered: Annotated[Date | None, Meta(description="When this leg was answered.")] = None
    status: Annotated[
        Status,
        Meta(
            description="`0` unknown, `1` off hook, `2` trying, `3` ringing, `4` other side ringing, `5` on "
            "call."
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
    source: Annotated[list[str], Meta(description="The numbers of the calling party.", examples=[["777888"]])]
    destination: Annotated[
        list[str], Meta(description="The numbers that are called.", examples=[["0003*210"]])
    ]
    on_hold: Annotated[Date | None, Meta(description="Since when the call is on hold.")] = None
    holder: Annotated[
        Annotated[str, one_of("1")] | None,
        Meta(description="Only in the view of the party that put the call on hold."),
    ] = None
    parked: Annotated[Date | None, Meta(description="Since when the call is parked.")] = None
    parked_pos: Annotated[str | None, Meta(description="The parking space.")] = None
    parked_by: Annotated[str | None, Meta(description="The extension that parked it.")] = None
    recording: Annotated[Date | None, Meta(description="Since when the call is recorded.")] = None
    queue: Annotated[
        str | None,
        Meta(
            description="The queue that the call came by, by Asterisk's name of it. Absent if the call came "
            "by no queue, or if Asterisk does not tell.",
            examples=["0003*500"],
        ),
    ] = None
    disposition: Annotated[
        Disposition | None,
        Meta(description="`0` answered, `1` busy, `2` failed, `3` no answer, `4` unknown, `5` not allowed."),
    ] = None


class PhoneCall(_Answer, kw_only=True):
    """A live call. Fields without a value are left out."""

    id: CallId
    extension: Annotated[ExtensionNumber, Meta(description="The extension that the call is charged to.")]
    owner_id: Annotated[str, Meta(description="The Organization that owns the call.")]
    owner_name: Annotated[str, Meta(description="The Organization's name.")]
    answered: Annotated[Date | None, Meta(description="When the call was answered.")] = None
    published: Annotated[Date, Meta(description="When the call entered the PBX.")]
    views: Annotated[
        list[PhoneCallView], Meta(description="One view for each extension that takes part.")
    ] = field(name="phoneCallView")
    link: Link


class PhoneCallFields(_Answer):
    """A PhoneCall in a list: all fields, or those that the parameter `fields` names."""

    id: CallId | None = None
    extension: ExtensionNumber | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    answered: Date | None = None
    published: Date | None = None
    views: list[PhoneCallView] | None = field(name="phoneCallView", default=None)
    link: Link | None = None


class Paging(_Answer):
    """The addresses of the next and the previous page, if there are any."""

    next: Url | None = None
    prev: Url | None = None


_ENTRIES = ({"$ref": "#/components/schemas/PhoneCall"}, {"$ref": "#/components/schemas/PhoneCallFields"})


class PhoneCallList(_Answer):
    """A page of the live calls, ordered by `published`."""

    entry: list[Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": list(_ENTRIES)})]]
    """Each written by itself: a long list lets others go on in between."""
    total_results: Annotated[int, Meta(ge=0, description="The number of calls on all pages together.")]
    items_per_page: Annotated[int, Meta(ge=1, description="The `count` of the request.")]
    start_index: Annotated[int, Meta(ge=0)]
    paging: Paging


class PhoneRegistration(_Answer, kw_only=True):
    """One phone of an extension. Fields without a value are left out."""

    agent: Annotated[
        str | None, Meta(description="What the phone calls itself (`User-Agent`).", examples=["3CXPhone 5.0"])
    ] = None
    registration: Annotated[
        RegistrationDigit,
        Meta(
            description="`1` registered, `2` no registration necessary, `-1` not registered, `-2` registered "
            "but not reachable, `0` unknown: Asterisk does not tell."
        ),
    ]
    expire: Annotated[Date | None, Meta(description="When the registration ends.")] = None


class Presence(_Answer, kw_only=True):
    """What an extension does now, and which of its phones are registered."""

    extension: ExtensionNumber
    status: Annotated[
        PresenceStatus,
        Meta(
            description="`0` unknown or not registered, `1` online, `2` ringing, `3` busy. Of an extension "
            "with several phones: ringing if one rings, else busy if one is in use, else online if one can "
            "be called."
        ),
    ]
    registration: Annotated[
        list[PhoneRegistration],
        Meta(description="One entry for each registered phone; if there is none, one entry that says so."),
    ]


class PresenceFields(_Answer):
    """A Presence in a list: all fields, or those that the parameter `fields` names."""

    extension: ExtensionNumber | None = None
    status: PresenceStatus | None = None
    registration: list[PhoneRegistration] | None = None


_PRESENCES = ({"$ref": "#/components/schemas/Presence"}, {"$ref": "#/components/schemas/PresenceFields"})


class PresenceList(_Answer):
    """A page of the extensions, ordered by `extension`."""

    entry: list[Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": list(_PRESENCES)})]]
    total_results: Annotated[int, Meta(ge=0, description="The number of extensions on all pages together.")]
    items_per_page: Annotated[int, Meta(ge=1, description="The `count` of the request.")]
    start_index: Annotated[int, Meta(ge=0)]
    paging: Paging


class Accepted(_Answer):
    """Asterisk has accepted the request; the supervisor has not joined yet."""

    id: CallId
    extension: Annotated[ExtensionNumber, Meta(description="The extension that is supervised.")]
    link: AcceptedLink


class EndReason(_Answer):
    """Why a supervision ended: a stable code for programs, and a message for people."""

    code: Annotated[str, Meta(pattern=r"^[a-z_]+$", examples=["supervisor_left"])]
    message: Annotated[str, Meta(min_length=1, examples=["The supervisor hung up."])]


_NUMBER_OR_NONE = Meta(pattern=r"^([0-9]{1,10}\*[0-9]{1,10})?$", examples=["0003*210"])


class Supervision(_Answer, kw_only=True):
    """One supervision, from its request to its end. Fields without a value are left out."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{20}$")]
    state: State
    since: Annotated[Date, Meta(description="When the supervision reached its state.")]
    requested: Annotated[Date, Meta(description="When the App requested the supervision.")]
    action: Annotated[str, one_of("BargeIn", "Monitor", "Whisper")]
    private: Annotated[Annotated[str, one_of("0", "1")] | None, Meta(description="Only for `Whisper`.")] = (
        None
    )
    supervisor: Annotated[
        str, _NUMBER_OR_NONE, Meta(description="The supervisor's extension, which rings or has joined.")
    ]
    extension: Annotated[str, _NUMBER_OR_NONE, Meta(description="The extension that is supervised.")]
    phone_call_id: CallId
    follow: Annotated[str, one_of("extension", "call", "agent")]
    media: Annotated[str, one_of("phone", "stream")]
    app: Annotated[str | None, Meta(description="The App that requested it.", examples=["wallboard"])] = None
    reason: Annotated[EndReason | None, Meta(description="Why it ended. Absent until then.")] = None
    link: SupervisionLink


class Gone(_Answer):
    """A call or supervision that ended, or that the account no longer sees."""

    id: str


class Reset(_Answer):
    """Why the client has to list the calls again."""

    reason: str
