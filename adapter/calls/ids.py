"""The ids of calls, and the order of Asterisk's ids."""

import hashlib
import math
import re

_DIGEST = hashlib.blake2b(digest_size=10)


def call_id_of(linkedid: str) -> str:
    """The PhoneCall id: 20 hex digits that every adapter derives alike, before and after a restart."""
    digest = _DIGEST.copy()  # made anew it would take longer
    digest.update(linkedid.encode())
    return digest.hexdigest()


_OWN = re.compile(r"(?:.*-)?([0-9]{9,12})\.([0-9]{1,12})", re.ASCII | re.DOTALL)
"""Asterisk's own ids: the second in which the channel began and a count; a system's name may stand first."""

Age = tuple[float, float, float]


def age_of(uniqueid: str, began_at: float = math.inf) -> Age:
    """Sorts uniqueids and linkedids as Asterisk does when conversations meet: by when the channel began.

    An id that an originator chose does not tell; `began_at` is what is known of its channel otherwise.
    """
    found = _OWN.fullmatch(uniqueid)
    if found is None:
        return (began_at // 1, math.inf, began_at)
    return (int(found[1]), int(found[2]), 0)
