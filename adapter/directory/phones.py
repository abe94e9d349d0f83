"""Which devices of a PBX are phones, and of which number: what is told of each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapter.asterisk.inventory import Endpoint, Hint, Inventory
from adapter.directory.candidates import LeftOut
from adapter.directory.device_names import DeviceName, read_device_name, split_caller_id
from adapter.directory.devices import is_local, read_device

NO_SIGN = "no hint, no mailbox, and no caller id with its own number: perhaps a trunk"
NO_ENDPOINT = "Asterisk has no such endpoint, or does not tell what it is set to"
A_TRUNK = "it logs in elsewhere (outbound_auth): a trunk"

WEBRTC_PREFIX = "99"
"""FreePBX names the browser's phone of 210 `99210`."""


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """A device with all that was told of it."""

    device: str
    name: DeviceName
    endpoint: Endpoint
    hints: tuple[Hint, ...]
    freepbx_user: str
    mailboxes: tuple[tuple[str, str], ...]
    """Number and context of each."""
    caller_name: str
    caller_number: str
    """Without a prefix; empty where it is no number of an extension's form."""


@dataclass(frozen=True, slots=True, eq=False)
class Phone:
    """A device whose number is known, and how."""

    device: Device
    number: str
    note: str
    hint: Hint | None = None

    @property
    def prefix(self) -> str:
        """Of the organization, where the device's name or the hint that it was found by writes one."""
        return self.device.name.prefix or ("" if self.hint is None else _split(self.hint.number)[0])


def find_phones(told: Inventory) -> tuple[list[Phone], list[LeftOut]]:
    """The phones, and what is none, or not certainly one."""
    left_out: list[LeftOut] = []
    phones: list[Phone] = []
    waiting: list[Device] = []
    for device in _devices(told, left_out):
        match _read(device):
            case Phone() as phone:
                phones.append(phone)
            case LeftOut() as doubted:
                left_out.append(doubted)
            case None:
                waiting.append(device)
    phones += list(_second_phones(phones, waiting, left_out))
    return phones, left_out


def _devices(told: Inventory, left_out: list[LeftOut]) -> Iterator[Device]:
    hints = defaultdict[str, list[Hint]](list)
    for hint in told.hints:
        for text in hint.devices:
            hints[_spelled(text)].append(hint)
    users = {_spelled(each.dial): each.user for each in told.freepbx}
    for text in dict.fromkeys((*map(_spelled, told.devices), *hints, *users)):
        if "/" not in text or ":" in text.partition("/")[0] or is_local(text):
            continue  # Asterisk keeps the states of queues, parking lots and switches of its own too
        try:
            device = read_device(text)
        except ValueError as unusable:
            left_out.append(LeftOut(text, str(unusable)))
            continue
        endpoint = told.endpoints.get(device, Endpoint())
        if told.tells_of_endpoints and device.startswith("PJSIP/") and not endpoint.context:
            left_out.append(LeftOut(device, NO_ENDPOINT))
            continue
        caller_name, caller = split_caller_id(endpoint.caller_id)
        name = read_device_name(device)
        mailboxes = tuple(_mailboxes(endpoint.mailboxes))
        user = users.get(device, "")
        number = _split(caller)[1]
        yield Device(device, name, endpoint, tuple(hints[device]), user, mailboxes, caller_name, number)


def _spelled(text: str) -> str:
    """The device as its channels' names have it; the text where it is none."""
    try:
        return read_device(text)
    except ValueError:
        return text


def _mailboxes(text: str) -> Iterator[tuple[str, str]]:
    for each in text.split(","):
        number, _, context = each.strip().partition("@")
        if number:
            yield number, context or "default"


def _read(device: Device) -> Phone | LeftOut | None:
    """Whose phone it is; nothing where it may still be the second one of somebody."""
    if is_number(device.freepbx_user):
        return Phone(device, device.freepbx_user, f"FreePBX's device of {device.freepbx_user}")
    if device.endpoint.outbound_auth:
        return LeftOut(device.device, A_TRUNK)
    return _read_own(device) or _read_hints(device) or _read_mailbox(device)


def _read_own(device: Device) -> Phone | None:
    """Where the number in its name is said once more, by whatever says it."""
    own = device.name.number
    if not own:
        return None
    if hint := _hints(device).get(own):
        return _hinted(device, own, hint)
    if any(number == own for number, _ in device.mailboxes):
        return Phone(device, own, f"mailbox {own}")
    # A trunk is known by its address, a phone by its name.
    if own == device.caller_number and "username" in (device.endpoint.identify_by or "username"):
        return Phone(device, own, "its caller id is its own number")
    return None


def _read_hints(device: Device) -> Phone | LeftOut | None:
    """Where its name says nothing: the one number that watches it."""
    hints = _hints(device)
    said = hints.keys() & {device.caller_number, *(number for number, _ in device.mailboxes)}
    if len(said or hints) == 1:
        [number] = said or hints
        return _hinted(device, number, hints[number])
    if hints:
        return LeftOut(device.device, f"it is watched under several numbers: {', '.join(sorted(hints))}")
    return None


def _read_mailbox(device: Device) -> Phone | None:
    if not device.name.number and len(device.mailboxes) == 1 and is_number(number := device.mailboxes[0][0]):
        return Phone(device, number, f"mailbox {number}")
    return None


def _hints(device: Device) -> dict[str, Hint]:
    """The hints that watch it, by number; none of another organization than its name says."""
    own, found = device.name.prefix, dict[str, Hint]()
    for hint in device.hints:
        prefix, number = _split(hint.number)
        if number and prefix in (own or prefix, ""):
            found[number] = hint
    return found


def _split(dialed: str) -> tuple[str, str]:
    """The prefix and the number in `0003*210` or `210`; empty where it is none."""
    prefix, star, number = dialed.rpartition("*")
    return (prefix, number) if is_number(number) and (is_number(prefix) or not star) else ("", "")


def _hinted(device: Device, number: str, hint: Hint) -> Phone:
    return Phone(device, number, f"hint {hint.number}@{hint.context}", hint)


def is_number(text: str) -> bool:
    """Whether it is digits alone, as a directory's numbers are."""
    return text.isascii() and text.isdigit()


def _second_phones(
    phones: Iterable[Phone], waiting: Iterable[Device], left_out: list[LeftOut]
) -> Iterator[Phone]:
    """Those that nothing shows to be phones, but that say whose second phone they are."""
    known = {(phone.device.endpoint.tenant, phone.number) for phone in phones}
    for device in waiting:
        own = device.name.number
        said = {number for number, _ in device.mailboxes} | {device.caller_number}
        whose = sorted({own, own.removeprefix(WEBRTC_PREFIX)} & said - {""})
        if len(whose) == 1 and (device.endpoint.tenant, whose[0]) in known:
            yield Phone(device, whose[0], f"{device.device} by its caller id or mailbox")
        else:
            left_out.append(LeftOut(device.device, NO_SIGN))
