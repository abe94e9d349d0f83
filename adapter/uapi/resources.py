"""What the service is sent and what it answers, as models: the OpenAPI description is made from them. Pure.

The handlers write their answers by themselves; a test holds real answers against these models.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from adapter.callcontrol.supervision.plan import DEFAULT_PICKUP_S
from adapter.callcontrol.supervision.session import State
from adapter.uapi.digits import Disposition, Flow, Status

Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
ObjectId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{20}$",
        description="Stable for the life of the call, across restarts and the same on every replica.",
    ),
]
ExtensionNumber = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,10}\*[0-9]{1,10}$",
        description="Organization prefix, `*`, local number.",
        examples=["0003*210"],
    ),
]
Date = Annotated[AwareDatetime, Field(examples=["2012-06-27T16:08:55+03:00"])]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(_Answer):
    """Where a resource is."""

    self_: Annotated[Url, Field(alias="self", description="The resource's own address.")]


class AcceptedLink(Link):
    """Where the call is, and what becomes of the supervision."""

    supervision: Annotated[Url, Field(description="What becomes of it, as in the header `Location`.")]


class PhoneCallView(_Answer):
    """A call from the perspective of one extension that takes part. Null fields are left out."""

    id: str = Field(
        pattern=r"^[0-9]{2,}$",
        description="In order of appearance, never reused within a call.",
        examples=["01"],
    )
    extension: Annotated[ExtensionNumber, Field(description="Whose perspective this is.")]
    ringing: Date | None = Field(None, description="When this leg began to ring.")
    answered: Date | None = Field(None, description="When this leg was answered.")
    status: Status = Field(
        description="`0` unknown, `1` off hook, `2` trying, `3` ringing, `4` other side ringing, `5` on call."
    )
    flow: Flow = Field(description="`2` local, `4` outgoing public, `8` incoming public.")
    caller_id: str | None = Field(
        None,
        alias="callerId",
        description="`Name <number>`, as shown to the called party.",
        examples=["John Doe <42420042>"],
    )
    source: list[str] = Field(description="Who calls.", examples=[["777888"]])
    destination: list[str] = Field(description="Who is called.", examples=[["0003*210"]])
    on_hold: Date | None = Field(None, alias="onHold", description="On hold since.")
    holder: Literal["1"] | None = Field(None, description="On the view of the party that holds.")
    parked: Date | None = Field(None, description="Parked since.")
    parked_pos: str | None = Field(None, alias="parkedPos", description="Where it is parked.")
    parked_by: str | None = Field(None, alias="parkedBy", description="Who parked it.")
    recording: Date | None = Field(None, description="Recorded since.")
    disposition: Disposition | None = Field(
        None, description="`0` answered, `1` busy, `2` failed, `3` no answer, `4` unknown, `5` not allowed."
    )


class PhoneCall(_Answer):
    """A live call. Null fields are left out."""

    id: ObjectId
    extension: Annotated[ExtensionNumber, Field(description="The extension that the call is charged to.")]
    owner_id: str = Field(alias="ownerId", description="The Organization that owns the call.")
    owner_name: str = Field(alias="ownerName", description="The Organization's name.")
    answered: Date | None = Field(None, description="When the call was answered.")
    published: Date = Field(description="When the call entered the PBX.")
    views: list[PhoneCallView] = Field(alias="phoneCallView", description="One entry per perspective.")
    link: Link


class PhoneCallFields(_Answer):
    """A PhoneCall in a list: all of its fields, or those that the parameter `fields` names."""

    id: ObjectId | None = None
    extension: ExtensionNumber | None = None
    owner_id: str | None = Field(None, alias="ownerId")
    owner_name: str | None = Field(None, alias="ownerName")
    answered: Date | None = None
    published: Date | None = None
    views: list[PhoneCallView] | None = Field(None, alias="phoneCallView")
    link: Link | None = None


class Paging(_Answer):
    """The neighbouring pages; left out where there is none."""

    next: Url | None = None
    prev: Url | None = None


class PhoneCallList(_Answer):
    """A page of the live calls, ordered by `published`."""

    entry: list[PhoneCall | PhoneCallFields]
    total_results: int = Field(alias="totalResults", ge=0, description="How many calls all pages have.")
    items_per_page: int = Field(alias="itemsPerPage", ge=1, description="The `count` that was asked for.")
    start_index: int = Field(alias="startIndex", ge=0)
    paging: Paging


class Accepted(_Answer):
    """Asterisk has taken the request; the phone in `sendCallTo` still rings."""

    id: ObjectId
    extension: Annotated[ExtensionNumber, Field(description="The extension that is barged in on.")]
    link: AcceptedLink


class EndReason(_Answer):
    """Why a supervision ended: the code is for programs and stable, the message for people."""

    code: str = Field(pattern=r"^[a-z_]+$", examples=["supervisor_left"])
    message: str = Field(min_length=1, examples=["The supervisor hung up."])


class Supervision(_Answer):
    """One supervision from request to end. Null fields are left out."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
    state: State
    since: Date = Field(description="When it reached its state.")
    requested: Date = Field(description="When it was asked for.")
    action: Literal["BargeIn", "Monitor", "Whisper"]
    private: Literal["0", "1"] | None = Field(None, description="Of a `Whisper`.")
    supervisor: ExtensionNumber | Literal[""] = Field(description="The extension that rings, or has joined.")
    extension: ExtensionNumber | Literal[""] = Field(description="The extension that is supervised.")
    phone_call_id: ObjectId = Field(alias="phoneCallId")
    follow: Literal["extension", "call", "agent"]
    app: str | None = Field(None, description="The App that asked for it.", examples=["wallboard"])
    reason: EndReason | None = Field(None, description="Why it ended, once it has.")
    link: Link


class ErrorDetail(_Answer):
    """The code is for programs and stable, the message for people."""

    code: str
    message: str = Field(min_length=1)


class Error(_Answer):
    """The body of every 4xx and 5xx, those of the token endpoint's own apart."""

    error: ErrorDetail


class Token(_Answer):
    """A token (RFC 6749, section 5.1)."""

    access_token: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    token_type: Literal["Bearer"]
    expires_in: int = Field(ge=1, description="Seconds.")


class TokenRefused(_Answer):
    """No token (RFC 6749, section 5.2)."""

    error: Literal["invalid_request", "invalid_client", "unsupported_grant_type"]


class AsteriskLink(_Answer):
    """The connection to Asterisk's manager interface."""

    state: Literal["DOWN", "SYNCING", "READY"]
    error: str | None = Field(None, description="Why it is down, where that is known.")


class Health(_Answer):
    """The process lives; `link` says whether it can serve calls."""

    status: Literal["ok"]
    link: AsteriskLink
    dialplan_include: Literal["present", "missing", "unknown"] = Field(
        alias="dialplanInclude", description="Whether supervisions can be switched and re-attached."
    )
    audit: Literal["ok", "failing"] | None = Field(
        None, description="Whether the audit trail is written, where there is one."
    )


class Readiness(_Answer):
    """Whether the service can do its work now: 200 with `ready`, 503 with `not ready`."""

    status: Literal["ready", "not ready"]
    link: AsteriskLink
    last_event_age_s: float | None = Field(
        alias="lastEventAgeS", ge=0, description="Seconds since Asterisk last told of a call."
    )
    dialplan_include: Literal["present", "missing", "unknown"] = Field(
        alias="dialplanInclude",
        description="Whether Asterisk has the contexts of `uapi-dialplan.conf`.",
    )


class TokenRequest(BaseModel):
    """The client's id and secret stand here or in HTTP Basic. Other fields are ignored."""

    grant_type: Literal["client_credentials"]
    client_id: str | None = Field(None, examples=["wallboard"])
    client_secret: str | None = None
    redirect_uri: str | None = Field(None, description="Ignored.")
    type: str | None = Field(None, description="Ignored.", examples=["unifiedapi"])


class _PhoneCallAction(BaseModel):
    """What to do with the call. Other fields are ignored."""

    model_config = ConfigDict(title="PhoneCallAction")

    action: Literal["BargeIn", "Monitor", "Whisper"] = Field(
        description="`BargeIn`: everybody hears everybody. `Monitor`: the supervisor listens, unheard. "
        "`Whisper`: the supervisor is heard by the extension alone. Whatever the service does not carry out "
        "(yet) is answered 501."
    )
    view_id: str = Field(
        alias="phoneCallViewId",
        pattern=r"^[0-9]{2,}$",
        description="A view of the call, and of the extension in the path unless that is `@self`.",
        examples=["01"],
    )
    send_call_to: str = Field(
        alias="sendCallTo",
        pattern=r"^([0-9]{1,10}\*)?[0-9]{1,10}$",
        description="A Phone Terminal extension of the same Organization, not itself a party to the call: "
        "the phone that rings and is joined.",
        examples=["0003*024"],
    )
    caller_id: str | None = Field(
        None,
        alias="callerId",
        pattern=r"^.*[^ ] *<\+?[0-9*#]{1,32}> *$",
        description="`Name <number>`, shown on the supervisor's phone. The name is printable, of any script "
        "and at most 100 bytes of UTF-8. Default: the caller id of `sendCallTo`.",
        examples=["John Doe <42420042>"],
    )
    is_private: Annotated[int, Field(ge=0, le=1)] | Literal["0", "1"] | None = Field(
        None,
        alias="private",
        description="For `Whisper`: 1, the supervisor talks to the extension and hears nothing. Default: 0.",
        examples=["1"],
    )
    follow: Literal["extension", "call", "agent"] | None = Field(
        None,
        description="Whom the supervision stays with when the extension leaves the call by transferring the "
        "other side on: `extension`, it ends; `call`, it moves to the party that stays. With either it ends "
        "with the conversation, where an agent stays on the line for one caller after the other; with "
        "`agent`, else like `extension`, it stays with the agent for all of them. Left out of a request "
        "that changes a running supervision, it stays as it is; else the operator sets the default.",
    )


def action_model(pickup_limit_s: int) -> type[BaseModel]:
    """The body of a PUT where `waitForPickup` has this upper limit."""
    digits = min(len(str(pickup_limit_s)), 9)  # more are not read
    text = rf"^0{{0,{9 - digits}}}[1-9][0-9]{{0,{digits - 1}}}$"
    number = Annotated[int, Field(ge=1, le=pickup_limit_s)] | Annotated[str, Field(pattern=text)] | None
    described = Field(
        default=None,
        alias="waitForPickup",
        description=f"After so many seconds the ringing is cancelled: 1 to {pickup_limit_s}, as a number "
        f"or a numeric string. Default: {min(DEFAULT_PICKUP_S, pickup_limit_s)}.",
        examples=["20"],
    )
    return create_model("PhoneCallAction", __base__=_PhoneCallAction, pickup_s=(number, described))
