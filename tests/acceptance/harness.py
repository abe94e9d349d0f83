"""A real Asterisk, real phones and the real adapter process, and what a test says to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapter.lab import LabError, Layout, Pbx, Phone, Phones
from adapter.lab.adapter_process import Adapter, Answer
from adapter.lab.asterisk import chosen_layout
from adapter.lab.polling import until_seen

Json = dict[str, object]
Views = dict[str, Json]


@dataclass(frozen=True)
class Talk:
    """Two phones on a call, and the call's id as the adapter lists it."""

    caller: Phone
    callee: Phone
    call_id: str


@dataclass(frozen=True)
class Lab:
    """A PBX with the adapter beside it, phones on demand, and a token of the organization's App."""

    pbx: Pbx
    adapter: Adapter
    phones: Phones
    token: str = field(repr=False)

    async def calls(self, address: str = "@me/@self") -> list[Json]:
        """The live calls that the adapter lists."""
        return await self.adapter.list(address, self.token)

    async def until_calls(
        self, is_so: Callable[[list[Json]], bool], address: str = "@me/@self", within: float = 3.0
    ) -> list[Json]:
        """The list once it is so; LabError with the last list where it is not within so many seconds."""
        return await until_seen(
            lambda: self.calls(address), is_so, within=within, log=lambda: self.adapter.log
        )

    async def until_link(self, is_so: Callable[[Json], bool], within: float) -> Json:
        """What /health says of the link once it is so; LabError as `until_calls`."""

        async def link() -> Json:
            said = (await self.adapter.request("GET", "/health")).json["link"]
            assert isinstance(said, dict)
            return said

        return await until_seen(link, is_so, within=within, log=lambda: self.adapter.log)

    async def talk(self, number: str = "0003*210", *, tag: str = "") -> Talk:
        """A customer of the public network and the extension, talking."""
        callee = await self.phones.callee(number, name=f"agent{tag}")
        caller = await self.phones.caller(
            f"777888{tag}", callee=number, name=f"customer{tag}", trunk=True, display="John Doe"
        )
        await callee.ringing()
        callee.pick_up()
        await callee.answered()
        await caller.answered()
        calls = await self.until_calls(
            lambda calls: [view["status"] for call in calls for view in views_of(call).values()] == ["5"],
            f"@me/{number}",
        )
        return Talk(caller, callee, str(calls[0]["id"]))

    async def barge_in(
        self,
        call_id: str,
        number: str = "0003*210",
        *,
        supervisor: str = "0003*024",
        wait_s: int | None = None,
        **fields: object,
    ) -> Answer:
        """The founding document's PUT, with other values where a test gives them."""
        body = {
            "action": "BargeIn",
            "sendCallTo": supervisor,
            "callerId": "John Doe <42420042>",
            "waitForPickup": "20",
            "phoneCallViewId": "01",
            **fields,
        }
        return await self.adapter.request(
            "PUT",
            f"/uapi/phoneCalls/@me/{number}/{call_id}",
            token=self.token,
            body=body,
            headers={} if wait_s is None else {"Prefer": f"wait={wait_s}"},
        )

    async def until_views(self, call_id: str, view_ids: set[str], within: float = 3.0) -> Views:
        """The views of the call once they are exactly these."""
        calls = await self.until_calls(
            lambda calls: any(call["id"] == call_id and set(views_of(call)) == view_ids for call in calls),
            within=within,
        )
        return next(views_of(call) for call in calls if call["id"] == call_id)


def changed_directory(folder: Path, changes: Mapping[str, str], layout: Layout | None = None) -> Path:
    """The directory of the layout, or of the one chosen, with each of these texts in place of another.

    It is written into the folder.
    Raises LabError where one of them does not stand there.
    """
    text = (layout or chosen_layout()).directory(folder).read_text(encoding="utf-8")
    for old, new in changes.items():
        if old not in text:
            raise LabError(f"the directory has no {old!r}")
        text = text.replace(old, new)
    directory = folder / "directory.yaml"
    directory.write_text(text, encoding="utf-8")
    return directory


def views_of(call: Json) -> Views:
    """The views of a PhoneCall by their ids."""
    views = call["phoneCallView"]
    assert isinstance(views, list)
    return {view["id"]: view for view in views}


def code_of(answer: Answer) -> object:
    """The stable code of an error answer."""
    error = answer.json["error"]
    assert isinstance(error, dict)
    return error["code"]
