"""How the extensions of a PBX fall into organizations. Pure.

A prefix in the numbers says it (`0003*210`), else `tenantid`, else the devices' names (`210-acme`), else the
contexts that their calls enter the dialplan by, where there are several. A wrong guess sets people apart who
belong together, as the other one would let strangers supervise them.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from adapter.directory.phones import Phone

ONE_FOR_ALL = "its phones have no tenantid, and neither names nor contexts that set a tenant apart"
PERHAPS_A_CLASS = "if it only says who may dial what, write one organization for all"


class Tenants:
    """The tenant of each phone of a PBX."""

    def __init__(self, phones: Iterable[Phone], *, is_freepbx: bool) -> None:
        self.notes: dict[str, str] = {}
        """How each tenant was told apart, by its name."""
        self._first = _first_phones(phones)
        unnamed = [phone for phone in self._first.values() if not _by_name(phone)]
        contexts = {phone.device.endpoint.context for phone in unnamed} - {""}
        # FreePBX has one organization, and contexts for other reasons; who adds tenants names them.
        self._has_contexts = len(contexts) > 1 and not is_freepbx
        self._has_twins = _have_twins(unnamed)

    def of(self, phone: Phone) -> str:
        """The tenant's name; empty for that of a PBX which has one organization."""
        tenant, note = self._tenant(self._first[phone])
        noted = self.notes.setdefault(tenant, note)
        if note not in noted.split("; "):
            self.notes[tenant] = f"{noted}; {note}"
        return tenant

    def _tenant(self, phone: Phone) -> tuple[str, str]:
        if named := _by_name(phone):
            return named
        if self._has_twins and phone.hint is not None:
            return phone.hint.context, f"hints in the context {phone.hint.context}"
        if self._has_contexts and (context := phone.device.endpoint.context):
            return context, f"calls enter the dialplan by the context {context}; {PERHAPS_A_CLASS}"
        return "", ONE_FOR_ALL


def _by_name(phone: Phone) -> tuple[str, str] | None:
    device = phone.device
    if phone.prefix:
        return phone.prefix, f"numbers begin with {phone.prefix}*"
    if tenant := device.endpoint.tenant:
        return tenant, f"tenantid {tenant}"
    if tenant := device.name.tenant:
        return tenant, f"names of devices hold {tenant}"
    return None


def _first_phones(phones: Iterable[Phone]) -> dict[Phone, Phone]:
    """For each phone the first one of the same person: by one hint, or one mailbox and context."""
    first: dict[Hashable, Phone] = {}
    found: dict[Phone, Phone] = {}
    # A device that is named after the number alone stands for its further ones.
    for phone in sorted(phones, key=lambda one: (one.device.name.text != one.number, one.device.device)):
        leader = next((first[sign] for sign in _signs(phone) if sign in first), phone)
        found[phone] = leader
        for sign in _signs(phone):
            first.setdefault(sign, leader)
    return found


def _signs(phone: Phone) -> Iterator[Hashable]:
    """What two phones of one person have in common; those of two tenants never do."""
    device = phone.device
    common = (device.endpoint.tenant, phone.prefix, phone.number)
    if phone.hint is not None:
        yield ("hint", phone.hint.context, *common)
    for box in device.mailboxes:
        yield ("mailbox", box, device.endpoint.context, *common)


def _have_twins(phones: Iterable[Phone]) -> bool:
    """Whether hints of different contexts give one number to different phones."""
    contexts = defaultdict[str, set[str]](set)
    for phone in phones:
        if phone.hint is not None:
            contexts[phone.number].add(phone.hint.context)
    return any(len(of_number) > 1 for of_number in contexts.values())
