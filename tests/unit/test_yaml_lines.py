import pytest

from adapter.directory.yaml_lines import YamlError, read_yaml

TEXT = """\
# a comment
first:
  - {id: "1"}
  - id: "2"
    name: x
second: {}
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 2),
        (("first",), 2),
        (("first", 0), 3),
        (("first", 0, "id"), 3),
        (("first", 1, "id"), 4),
        (("first", 1, "name"), 5),
        (("first", 1, "missing"), 4),
        (("first", 7), 2),
        (("second",), 6),
        (("third", 4, "x"), 2),
    ],
)
def test_every_part_has_its_line_and_a_missing_one_that_of_what_is_around_it(
    place: tuple[str | int, ...], line: int
) -> None:
    """Lines count from 1, comments included."""
    assert read_yaml(TEXT).line(place) == line


def test_the_data_is_the_documents() -> None:
    """Plain YAML: nothing is added or lost."""
    assert read_yaml(TEXT).data == {"first": [{"id": "1"}, {"id": "2", "name": "x"}], "second": {}}


def test_every_key_that_stands_twice_is_told_with_its_line() -> None:
    """Plain YAML would silently take the last one."""
    with pytest.raises(YamlError) as refused:
        read_yaml("a: 1\nb:\n  - {c: 1, c: 2}\na: 3\n")
    assert sorted(refused.value.problems) == [(3, "'c' stands here twice"), (4, "'a' stands here twice")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("a: 1\nb: [\n", 3),
        ("a: 1\n b: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 1\nb: *unknown\n", 2),
        ("a: 1\nb: !!python/object:os.system x\n", 2),
        ("a: 2012-13-45\n", 1),
        ("[" * 3000, 1),
        ("&a [*a]", 1),
        ("a: 1\nb: &b {c: *b}", 2),
        ("a: 1\nb: " + "[" * 100_000 + "]" * 100_000, 2),
        ("a: 1\nb: " + "{a: " * 100_000, 2),
        ("- " * 100_000, 1),
        ("? " * 100_000, 1),
        ("a: \x00", 1),
        ("? [a, b]\n: 1\n", 1),
        ("? {a: b}\n: 1\n", 1),
        ("a: !!int ''", 1),
        ("a: !!timestamp x", 1),
    ],
)
def test_whatever_is_no_usable_yaml_is_a_yaml_error(text: str, line: int) -> None:
    """The operator is told a line; nothing else is ever raised, for a reload must not end the process."""
    with pytest.raises(YamlError) as refused:
        read_yaml(text)
    assert [problem[0] for problem in refused.value.problems] == [line]


def _bomb(begins: str, repeats: str) -> str:
    """Eleven lines, each of which repeats the one before ten times: ten billion parts."""
    lines = [f"l0: &l0 {begins}"]
    lines += [
        f"l{level}: &l{level} " + repeats.format(", ".join([f"*l{level - 1}"] * 10)) for level in range(1, 11)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        _bomb("[x]", "[{0}]"),
        _bomb("{x: y}", "{{<<: [{0}]}}"),
        "all: &all [" + "x, " * 2000 + "]\nlists: [" + "*all, " * 2000 + "]",
    ],
    ids=["lists", "merged keys", "one long list"],
)
def test_aliases_may_not_blow_up_a_small_file(text: str) -> None:
    """A few lines would stand for billions of parts, and whoever looks through them never comes back."""
    with pytest.raises(YamlError, match="aliases repeat"):
        read_yaml(text)


def test_aliases_that_repeat_little_are_read() -> None:
    """They are YAML, and some write a hash that two Apps share once."""
    assert read_yaml("a: &a {x: y}\nb: [*a, *a]\nc: {<<: *a}").data == {
        "a": {"x": "y"},
        "b": [{"x": "y"}, {"x": "y"}],
        "c": {"x": "y"},
    }
