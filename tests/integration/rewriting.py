"""The directory's file, written anew under a test."""

from collections.abc import Callable
from pathlib import Path

from adapter.app import reload_directory
from tests.integration.harness import Service


def rewrite(directory: Path, change: Callable[[str], str]) -> None:
    """Write the directory's file anew; a change that changes nothing is a mistake of the test."""
    before = directory.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    directory.write_text(after, encoding="utf-8")


async def reload(service: Service, directory: Path, change: Callable[[str], str]) -> None:
    """Write the directory's file anew and have it read."""
    rewrite(directory, change)
    assert await reload_directory(service.app)


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Something else stands there, wherever it does."""
    return lambda text: text.replace(old, new)


def never(number: str) -> Callable[[str], str]:
    """The extension is never supervised any more."""
    return lambda text: text.replace(f'number: "{number}"', f'number: "{number}", never_supervised: true')


def without_extension(number: str) -> Callable[[str], str]:
    """The extension is in the directory no more."""
    return lambda text: "".join(
        line for line in text.splitlines(keepends=True) if f'{{number: "{number}"' not in line
    )


def with_type(number: str, kind: str) -> Callable[[str], str]:
    """The extension is of this type."""
    return lambda text: text.replace(
        f'number: "{number}", type: phone terminal', f'number: "{number}", type: {kind}'
    )


def group(name: str, members: str, extensions: str, modes: str) -> str:
    """One supervision group of the organization 3."""
    return (
        f'  - {{name: {name}, organization: "3", members: {{{members}}},'
        f" extensions: [{extensions}], modes: [{modes}]}}\n"
    )


def with_groups(*groups: str) -> Callable[[str], str]:
    """The organization has these supervision groups and no other."""
    return lambda text: without_groups(text) + "\nsupervision_groups:\n" + "".join(groups)


def without_groups(text: str) -> str:
    """Nobody's supervision is limited by groups."""
    return text.partition("\nsupervision_groups:")[0]


def with_tone(text: str) -> str:
    """The organization 3 wants a notice tone."""
    return text.replace('prefix: "0003"\n', 'prefix: "0003"\n    notice_tone: true\n')


def without_app(client_id: str) -> Callable[[str], str]:
    """The App is in the directory no more."""

    def change(text: str) -> str:
        head, mark, tail = text.partition(f"  - client_id: {client_id}\n")
        assert mark
        _, begins, rest = tail.partition("  - client_id: ")
        return head + begins + rest

    return change
