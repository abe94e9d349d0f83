"""Entity tags of lists (RFC 9110, section 8.8.3): a client learns that its list has not changed. Pure."""

import hashlib


def make_tag(*dependencies: str) -> str:
    """The tag of an answer that depends on these parts only; it does not reveal them."""
    text = "\0".join(dependencies).encode(errors="surrogateescape")
    return f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the client has the list of this tag; "a recipient MUST use the weak comparison".

    This does not use aiohttp's `if_none_match`, which reads only the first of several header lines and takes
    `"*"` for `*`.
    """
    known = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
    return tag in known or known == ["*"]
