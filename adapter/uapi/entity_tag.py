"""Entity tags of lists (RFC 9110, section 8.8.3): who asks again is told that nothing changed. Pure."""

import hashlib


def make_tag(revision: str, *question: str) -> str:
    """Names what a list shows: the state that it is of, and whatever the answer depends on besides."""
    asked = hashlib.blake2b("\0".join(question).encode(errors="surrogateescape"), digest_size=8).hexdigest()
    return f'"{revision}-{asked}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the client has the list of this tag; "a recipient MUST use the weak comparison"."""
    known = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
    return tag in known or known == ["*"]
