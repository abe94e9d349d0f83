"""Bodies of answers: a large one is shared by its clients."""

import pytest

from adapter.http.server import WRITE_BUFFER_BYTES
from adapter.http.shared_body import SharedBody, shared


@pytest.mark.parametrize(
    ("length", "kind"), [(0, bytes), (WRITE_BUFFER_BYTES, bytes), (WRITE_BUFFER_BYTES + 1, SharedBody)]
)
def test_only_a_body_that_no_client_may_have_waiting_whole_is_sent_in_pieces(length: int, kind: type) -> None:
    """A small one goes out in one write with its head."""
    assert type(shared(bytes(length))) is kind
