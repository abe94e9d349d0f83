from adapter.uapi.response_cache import ListAnswer, ResponseCache


def _answer(size: int) -> ListAnswer:
    return ListAnswer(b"x" * size, is_empty=False)


def test_an_answer_is_found_by_its_tag() -> None:
    """That one, and none of another tag."""
    remembered = ResponseCache()
    remembered.keep("a", _answer(1))
    assert remembered.find("a") == _answer(1)
    assert remembered.find("b") is None


def test_no_more_than_the_limit_is_kept() -> None:
    """The one not asked for longest goes first; one beyond the limit by itself is not kept."""
    remembered = ResponseCache(limit_bytes=10)
    for tag in ("a", "b"):
        remembered.keep(tag, _answer(5))
    remembered.find("a")
    remembered.keep("c", _answer(5))
    assert [tag for tag in ("a", "b", "c") if remembered.find(tag)] == ["a", "c"]
    remembered.keep("d", _answer(11))
    assert [tag for tag in ("a", "b", "c", "d") if remembered.find(tag)] == ["a", "c"]


def test_the_same_tag_again_counts_once() -> None:
    """What is kept anew takes the place of what was kept."""
    remembered = ResponseCache(limit_bytes=10)
    remembered.keep("other", _answer(4))
    for _ in range(5):
        remembered.keep("a", _answer(5))
    assert remembered.find("other") is not None
