"""YAML with the line that each part of it stands on, so that whatever is wrong can be pointed at. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

Place = tuple[str | int, ...]
"""The way to a part of a document: keys and indexes, from the outside in."""


class YamlError(ValueError):
    """The text is no usable YAML; `problems` are lines and what is wrong there."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {problem}" for line, problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a YAML document and where its parts stand."""

    data: object
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line that `place` stands on, or that of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str) -> Document:
    """The one document in `text`. Raises YamlError; a key that stands twice in a mapping is an error too."""
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        repeated = [] if root is None else list(_repeated_keys(root))
        places = {} if root is None else dict(_places(root, ()))
        data = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as malformed:
        mark = malformed.problem_mark or malformed.context_mark
        line = 1 if mark is None else mark.line + 1
        raise YamlError([(line, str(malformed.problem or malformed.context))]) from None
    # Besides its own errors PyYAML lets through what it trips over: a date that is none, a list as a key.
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError) as malformed:
        raise YamlError([(1, str(malformed))]) from None
    if root is None:
        raise YamlError([(1, "the file is empty")])
    if repeated:
        raise YamlError(repeated)
    return Document(data, places)


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.start_mark.line + 1, f"{key.value!r} stands here twice"
                seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _places(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield from _places(value, (*place, key.value))
                yield (*place, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _places(item, (*place, index))
