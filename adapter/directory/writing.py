"""A proposal as the text of a directory file, which loads as it stands. Pure.

Whatever a PBX says is written as a quoted text, or in a comment of one line: nothing in it is YAML.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.directory.entries import ExtensionEntry
from adapter.directory.proposing import Proposal, ProposedExtension, shown_name
from adapter.directory.templates import fill_in, tells_numbers_apart
from adapter.printable import printable

COMMENT_LIMIT = 160
"""Letters of a comment that are kept of what a PBX says."""


@dataclass(frozen=True, slots=True)
class NewApp:
    """An App of an organization."""

    client_id: str
    organization: str
    secret_hash: str


def directory_text(
    proposal: Proposal,
    *,
    head: Iterable[str] = (),
    queues: Mapping[str, tuple[str, ...]] | None = None,
    apps: Iterable[NewApp] = (),
) -> str:
    """The file. `head` are lines of a comment at its top, `queues` the devices of each queue's members."""
    usual = _usual_devices(proposal.extensions)
    lines = (
        *(_comment("", line, None) for line in head),
        *_organizations(proposal, usual),
        *_users(proposal.extensions),
        *_extensions(proposal.extensions, usual),
        *_apps(proposal, tuple(apps)),
        *_groups(proposal, queues or {}),
        *_left_out(proposal),
    )
    return "\n".join(lines) + "\n"


def _usual_devices(extensions: Iterable[ProposedExtension]) -> Mapping[str, str]:
    """How most extensions of each organization name their only device, as `PJSIP/{local}-acme`; by its id."""
    counts = defaultdict[str, Counter[str]](Counter)
    for each in extensions:
        entry = each.extension
        if len(entry.devices) == 1:
            technology, _, name = entry.devices[0].partition("/")
            template = f"{technology}/{name.replace(entry.number, '{local}', 1)}"
            if tells_numbers_apart(template):
                counts[each.user.organization][template] += 1
    return {organization: count.most_common(1)[0][0] for organization, count in counts.items()}


def _organizations(proposal: Proposal, usual: Mapping[str, str]) -> Iterator[str]:
    yield from ("", "# notice_tone: true plays a tone to those whom a supervisor joins.")
    if not proposal.organizations:
        yield "organizations: []"
        return
    yield "organizations:"
    for each in proposal.organizations:
        if each.note:
            yield _comment("  ", each.note)
        own = each.organization
        devices = f", devices: {quoted(usual[own.id])}" if own.id in usual else ""
        yield f"  - {{id: {quoted(own.id)}, prefix: {quoted(own.prefix)}, name: {quoted(own.name)}{devices}}}"


def _users(extensions: Iterable[ProposedExtension]) -> Iterator[str]:
    yield from ("", "# Who has the extensions: one user for each was assumed.")
    users = [each.user for each in extensions]
    yield "users:" if users else "users: []"
    for user in users:
        organization = quoted(user.organization)
        yield f"  - {{id: {quoted(user.id)}, name: {quoted(user.name)}, organization: {organization}}}"


def _extensions(extensions: Iterable[ProposedExtension], usual: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield "# Behind each extension stands how it was found. Without `devices` it has its organization's."
    yield "# The API writes the prefix before the number: 210 of the prefix 0001 is 0001*210."
    extensions = list(extensions)
    yield "extensions:" if extensions else "extensions: []"
    for each in extensions:
        note = _comment("  ", "; ".join(each.notes)) if each.notes else ""
        fields = _fields(each.extension, usual.get(each.user.organization, ""))
        yield f"  - {{{', '.join(fields)}}}{note}"


def _fields(extension: ExtensionEntry, usual: str) -> Iterator[str]:
    yield f"number: {quoted(extension.number)}"
    yield f"organization: {quoted(extension.organization or '')}"
    yield f"type: {extension.type}"
    yield f"owner: {quoted(extension.owner)}"
    if extension.caller_id is not None:
        yield f"caller_id: {quoted(str(extension.caller_id))}"
    if extension.devices and extension.devices != (fill_in(usual, f"*{extension.number}"),):
        yield f"devices: [{', '.join(map(quoted, extension.devices))}]"


def _apps(proposal: Proposal, apps: tuple[NewApp, ...]) -> Iterator[str]:
    yield from (
        "",
        "# The programs that use the service. `uapi-adapter hash` makes the hash of a secret.",
    )
    yield "apps:" if apps else "apps: []"
    for app in apps:
        account = f"{{organization: {quoted(app.organization)}}}"
        secret = quoted(app.secret_hash)
        yield f"  - {{client_id: {quoted(app.client_id)}, account: {account}, secret_hash: {secret}}}"
    with_app = {app.organization for app in apps}
    for each in proposal.organizations:
        if each.organization.id not in with_app:
            account = f"{{organization: {quoted(each.organization.id)}}}"
            client = quoted(f"wallboard-{each.organization.id}")
            yield f'#  - {{client_id: {client}, account: {account}, secret_hash: "$argon2id$..."}}'


def _groups(proposal: Proposal, queues: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """An example for each queue whose members are extensions of one organization."""
    owners = {device: each.extension for each in proposal.extensions for device in each.extension.devices}
    examples = []
    for queue, devices in sorted(queues.items()):
        members = [owners[device] for device in devices if device in owners]
        of = list({member.organization or "" for member in members})
        if len(of) == 1:
            numbers = sorted({member.number for member in members})
            examples.append(_group(f"Queue {shown_name(queue)}", of[0], numbers))
    yield from (
        "",
        "# Without groups an App may supervise all that it sees. Groups say who may supervise whom:",
    )
    yield "#supervision_groups:"
    yield from examples or [_group("Floor", "ORGANIZATION", [])]


def _group(name: str, organization: str, numbers: Iterable[str]) -> str:
    return _comment(
        "",
        f" - {{name: {quoted(name)}, organization: {quoted(organization)}, members: {{apps: []}},"
        f" modes: [listen], extensions: [{', '.join(map(quoted, numbers))}]}}",
        None,
    )


def _left_out(proposal: Proposal) -> Iterator[str]:
    if proposal.left_out:
        yield from (
            "",
            "# Left out, since a trunk among the phones would have strangers heard. Add what is a phone:",
        )
        for each in proposal.left_out:
            yield _comment("", f" - {each.what[:COMMENT_LIMIT]}: {each.why}")


def quoted(text: str) -> str:
    """The text in YAML's double quotes, whatever it holds."""
    # JSON is YAML, and what cannot be printed was escaped before: no letter is a line's end.
    return json.dumps(printable(text), ensure_ascii=False)


def _comment(indent: str, text: str, limit: int | None = COMMENT_LIMIT) -> str:
    """A comment of one line."""
    shown = printable(text)
    return f"{indent}# {shown if limit is None or len(shown) <= limit else shown[:limit] + '...'}"
