"""The forms in which an address of the API is served. Pure."""

from adapter.http.routes import SLASHES

PREFIXES = ("/uapi", "/unifiedapi")
"""The second is an older alias of the first."""


def forms(path: str, *, is_served_bare: bool = False) -> tuple[str, ...]:
    """The forms of a path below the first prefix; some paths are also served without a prefix."""
    bare = path.removeprefix(PREFIXES[0])
    prefixes = (*PREFIXES, "") if is_served_bare else PREFIXES
    return tuple(prefix + bare + slash for prefix in prefixes for slash in SLASHES)
