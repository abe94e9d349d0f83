"""YAML with the line that each part of it stands on, so that whatever is wrong can be pointed at. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

Place = tuple[str | int, ...]
"""The way to a part of a document: keys and indexes, from the outside in."""

REPEATED_LIMIT = 10_000
"""So many nodes may be there only because aliases repeat others: a few lines can stand for billions."""

DEPTH_LIMIT = 32
"""So deep may a part stand in others: the C loader goes down without looking at what is left of its stack."""

# Ten times as fast; a PyYAML that was built without libyaml does not have it.
_FastestLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ValueError):
    """The text is no usable YAML; `problems` are lines and what is wrong there."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {problem}" for line, problem in problems))
        self.problems = problems


class _Loader(_FastestLoader):  # type: ignore[misc,valid-type]  # which of the two it is shows at run time
    """A loader that refuses what stands too deep; both loaders tell of each step down and up."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, _index: object) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT and current_node is not None:
            line = current_node.start_mark.line + 1
            raise YamlError([(line, f"this stands more than {DEPTH_LIMIT} parts deep in others")])

    def ascend_resolver(self) -> None:
        self._depth -= 1


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a YAML document, and the nodes that it was made of."""

    data: object
    root: yaml.Node

    def line(self, place: Place) -> int:
        """The line that `place` stands on, or that of the nearest thing around it."""
        node, line = self.root, self.root.start_mark.line
        for part in place:
            found = _child(node, part)
            if found is None:
                break
            node, line = found
        return line + 1

    def let_go(self) -> None:
        """Free what it holds, item by item; it is of no use any more.

        Nodes are many, and no other thread runs while one step frees all of them.
        """
        for part in (self.data, self.root):
            for items in _lists_in(part):
                while items:
                    items.pop()


def _lists_in(part: object) -> Iterator[list[object]]:
    """The lists that a mapping holds, of data or of nodes."""
    if isinstance(part, dict):
        yield from (value for value in part.values() if isinstance(value, list))
    elif isinstance(part, yaml.MappingNode):
        yield from (value.value for _, value in part.value if isinstance(value.value, list))


def read_yaml(text: str) -> Document:
    """The one document in `text`. Raises YamlError; a key that stands twice in a mapping is an error too."""
    try:
        loader = _Loader(text)
        root = _compose(loader)
        repeated = list(_repeated_keys(root))
        document = Document(loader.construct_document(root), root)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as malformed:
        mark = malformed.problem_mark or malformed.context_mark
        line = 1 if mark is None else mark.line + 1
        raise YamlError([(line, str(malformed.problem or malformed.context))]) from None
    # Besides its own errors PyYAML lets through what it trips over: a date that is none, a list as a key.
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError) as malformed:
        raise YamlError([(1, str(malformed))]) from None
    if repeated:
        raise YamlError(repeated)
    return document


def _compose(loader: yaml.SafeLoader) -> yaml.Node:
    root = loader.get_single_node()
    if root is None:
        raise YamlError([(1, "the file is empty")])
    _Aliases().require_few(root)
    return root


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    """The part of the node with this key or index, and the line that it begins on."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == part:
                return value, key.start_mark.line
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line
    return None


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    """The keys and values of a mapping, the items of a sequence."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


class _Aliases:
    """How much of a document is there only because aliases repeat it."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        """The size of each node that was met, as if each alias were written out; 0 while it is looked at."""

    def require_few(self, root: yaml.Node) -> None:
        """Refuse a document that aliases blow up. Raises YamlError."""
        if self._size(root) - len(self._sizes) > REPEATED_LIMIT:
            raise YamlError([(1, f"aliases repeat more than {REPEATED_LIMIT} parts of the file")])

    def _size(self, node: yaml.Node) -> int:
        known = self._sizes.get(id(node))
        if known == 0:
            raise YamlError([(node.start_mark.line + 1, "an alias stands inside of what it names")])
        if known is not None:
            return known
        self._sizes[id(node)] = 0
        size = self._sizes[id(node)] = 1 + sum(map(self._size, _parts(node)))
        return size


def _repeated_keys(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """Every key that stands twice in its mapping, with its line; a node is looked at once."""
    met: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        waiting.extend(_parts(node))
        if isinstance(node, yaml.MappingNode):
            seen: set[object] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        yield key.start_mark.line + 1, f"{key.value!r} stands here twice"
                    seen.add(key.value)
