#!/usr/bin/env python3
# ruff: noqa: T201, S310 - a script that prints what it does, and asks the URL that it was told
"""Print every change of the live calls of an App's account as it happens, one line each.

    UAPI_CLIENT_ID=wallboard UAPI_CLIENT_SECRET=demo-secret python3 examples/watch.py http://127.0.0.1:8080

Needs only Python 3.11. When a stream ends, because its token expires or the service stops, the script opens a
new one and resumes with `Last-Event-ID`. Ctrl-C ends it. If the App may not watch, it prints one line on
stderr and exits with 1.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

RETRY_S = 2.0
SILENCE_LIMIT_S = 60.0
"""The service sends a heartbeat every 15 s by default."""

Event = tuple[str, str, Any]


def read_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """Id, name and data of each event in the lines of a stream; a heartbeat has an id and no name."""
    fields: dict[str, str] = {}
    for line in lines:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            yield fields.get("id", ""), fields.get("event", ""), json.loads(fields.get("data", "null"))
            fields = {}


def printable(text: str) -> str:
    """The text, with an escape for each character that cannot be printed."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def describe(name: str, data: Any) -> str:  # noqa: ANN401 - whatever JSON there is
    """One line for people."""
    match name:
        case "call":
            views = (f"{one['extension']} is {one['status']}" for one in data["phoneCallView"])
            return f"call {data['id']}: {', '.join(views)}"
        case "call-ended":
            return f"call {data['id']}: over"
        case "supervision":
            why = f": {data['reason']['message']}" if "reason" in data else ""
            return f"{data['action']} of {data['extension']} by {data['supervisor']}: {data['state']}{why}"
        case "supervision-ended":
            return f"supervision {data['id']}: seen no longer"
        case _:
            return f"list the calls again: {data['reason']}"


def get_token(url: str) -> str:
    """A token for the App that the environment names."""
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["UAPI_CLIENT_ID"],
        "client_secret": os.environ["UAPI_CLIENT_SECRET"],
    }
    request = urllib.request.Request(f"{url}/oauth/token.php", urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=SILENCE_LIMIT_S) as answer:
        return str(json.load(answer)["access_token"])


def watch(url: str, last_event_id: str) -> str:
    """Print the events of one stream until it ends; returns the id to resume with."""
    headers = {"Authorization": f"Bearer {get_token(url)}", "Last-Event-ID": last_event_id}
    request = urllib.request.Request(f"{url}/uapi/events", headers=headers)
    with urllib.request.urlopen(request, timeout=SILENCE_LIMIT_S) as stream:
        for event_id, name, data in read_events(stream):
            last_event_id = event_id or last_event_id
            if name:
                print(printable(describe(name, data)), flush=True)
    return last_event_id


def main() -> int:
    """Watch for ever."""
    url, last_event_id = next(iter(sys.argv[1:]), os.environ.get("UAPI_URL", "")).rstrip("/"), ""
    if not url.startswith(("http://", "https://")):
        print("watch.py: the service's URL is needed, like http://127.0.0.1:8080", file=sys.stderr)
        return 1
    if not (os.environ.get("UAPI_CLIENT_ID") and os.environ.get("UAPI_CLIENT_SECRET")):
        print("watch.py: set UAPI_CLIENT_ID and UAPI_CLIENT_SECRET", file=sys.stderr)
        return 1
    while True:
        try:
            last_event_id = watch(url, last_event_id)
        except urllib.error.HTTPError as refused:
            if refused.code < 500:  # noqa: PLR2004 - HTTP's server errors pass
                why = refused.read().decode(errors="replace")
                print(printable(f"watch.py: {refused.code} {why}"), file=sys.stderr)
                return 1
        except OSError as broken:
            print(f"watch.py: {broken}; trying again", file=sys.stderr)
        time.sleep(RETRY_S)


if __name__ == "__main__":
    sys.exit(main())
