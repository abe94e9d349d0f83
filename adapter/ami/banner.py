"""The first line of an AMI connection, by which a client knows an Asterisk and its age. Pure."""

import re

BANNER_LIMIT_BYTES = 100
"""Asterisk's own first line has about thirty bytes."""

OLDEST_AMI = 5
"""The first number of the AMI version of Asterisk 16; each later Asterisk counts one more."""

_BANNER = re.compile(r"Asterisk Call Manager/([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})", re.ASCII)


def read_banner(line: str) -> str | None:
    """The AMI version (`11.0.0`) in Asterisk's first line; nothing in that of any other peer."""
    found = _BANNER.fullmatch(line)
    return None if found is None else found[1]


def is_supported(version: str) -> bool:
    """Whether this AMI version is that of Asterisk 16 or newer."""
    return int(version.partition(".")[0]) >= OLDEST_AMI
