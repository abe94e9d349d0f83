#!/usr/bin/env python3
# ruff: noqa: T201, S310 - a script that prints what it does, and asks the URL that it was told
"""Barge in on a live call, with Python's standard library.

UAPI_CLIENT_ID=wallboard UAPI_CLIENT_SECRET=demo-secret \
    python3 examples/barge_in.py http://127.0.0.1:8080 '0003*210' '0003*024'

Exits with 0 if the supervisor has joined, else with 1 and the reason.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PICKUP_S = 20
ACCEPTED, NO_CONTENT = 202, 204
TIMEOUT_S = 60.0


class BargeInError(Exception):
    """The supervisor did not join; the message says why."""


@dataclass(frozen=True)
class Answer:
    """An answer of the service; without a body if the status is 204."""

    status: int
    body: Json


def printable(text: str) -> str:
    """The text, with an escape for each character that cannot be printed."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def ask(request: urllib.request.Request) -> Answer:
    """Send a request. Raises BargeInError if it fails, with the service's reason if there is one."""
    if not request.full_url.startswith(("http://", "https://")):
        raise BargeInError(f"{request.full_url} is no http or https address")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            text = response.read()
            return Answer(response.status, json.loads(text) if text else {})
    except urllib.error.HTTPError as error:
        with error:
            raise BargeInError(f"{error.code} {reason(error.read())}") from None
    except (OSError, ValueError) as error:
        raise BargeInError(f"{request.full_url} did not answer: {error}") from None


def reason(text: bytes) -> str:
    """The code and message of an error; errors of the token endpoint have a code only."""
    try:
        error = json.loads(text)["error"]
        return error if isinstance(error, str) else f"{error['code']}: {error['message']}"
    except (ValueError, LookupError, TypeError):
        return "without a reason"


@dataclass(frozen=True)
class Service:
    """The service and a token."""

    url: str
    token: str

    def get(self, address: str) -> Json:
        """GET below `/uapi/phoneCalls/`."""
        return ask(self._request("GET", address)).body

    def put(self, address: str, body: Json, prefer: str) -> Answer:
        """PUT below `/uapi/phoneCalls/`."""
        request = self._request("PUT", address, json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Prefer", prefer)
        return ask(request)

    def _request(self, method: str, address: str, data: bytes | None = None) -> urllib.request.Request:
        request = urllib.request.Request(f"{self.url}/uapi/phoneCalls/{address}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        return request


def log_in(url: str, client_id: str, secret: str) -> Service:
    """Get a token by the App's client credentials (RFC 6749); it is valid for an hour."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    data = urllib.parse.urlencode(form).encode()
    answer = ask(urllib.request.Request(f"{url}/oauth/token.php", data, method="POST"))
    return Service(url, answer.body["access_token"])


def find_view(service: Service, extension: str) -> tuple[str, str]:
    """The oldest live call of the extension, and the extension's view of it."""
    entry = service.get(f"@me/{urllib.parse.quote(extension, safe='*')}/?count=1")["entry"]
    if not entry:
        raise BargeInError(f"there is no live call of {extension}")
    for view in entry[0]["phoneCallView"]:
        if view["extension"] == extension:
            return entry[0]["id"], view["id"]
    raise BargeInError(f"the call has no view of {extension}: write the extension in full, like 0003*210")


def barge_in(service: Service, extension: str, supervisor: str) -> None:
    """Request the barge-in and wait until the supervisor has joined."""
    call_id, view_id = find_view(service, extension)
    print(printable(f"call: {call_id}, view {view_id}"))
    body = {
        "action": "BargeIn",
        "phoneCallViewId": view_id,
        "sendCallTo": supervisor,
        "callerId": "Barge In <42420042>",
        "waitForPickup": PICKUP_S,
    }
    print(f"asking: {supervisor}", flush=True)
    # With `Prefer: wait` the answer is the outcome; without it, 202 comes while the phone rings.
    address = f"@me/{urllib.parse.quote(extension, safe='*')}/{call_id}"
    answer = service.put(address, body, f"wait={PICKUP_S}")
    if answer.status == NO_CONTENT:
        raise BargeInError("204: the call is over")
    if answer.status == ACCEPTED:
        raise BargeInError(f"202: the phone of {supervisor} still rings")
    for view in answer.body["phoneCallView"]:
        if view["source"] == [supervisor]:
            print(printable(f"joined: {supervisor} talks with {extension}, view {view['id']}"))
            return
    raise BargeInError(f"the answer has no view of {supervisor}")


def read_arguments() -> argparse.Namespace:
    """The arguments; a missing one comes from the environment. The secret comes only from there."""
    parser = argparse.ArgumentParser(description="Barge in on the live call of an extension.")
    for name, text in (
        ("url", "the service, like http://127.0.0.1:8080"),
        ("extension", "whose conversation is joined, like 0003*210"),
        ("supervisor", "the extension that rings, like 0003*024"),
    ):
        default = os.environ.get(f"UAPI_{name.upper()}")
        parser.add_argument(name, nargs="?", default=default, help=f"{text} (UAPI_{name.upper()})")
    parser.epilog = "UAPI_CLIENT_ID and UAPI_CLIENT_SECRET name the App and prove it."
    arguments = parser.parse_args()
    if not (arguments.url and arguments.extension and arguments.supervisor):
        parser.error("url, extension and supervisor are needed")
    return arguments


def main() -> int:
    """Barge in; returns the exit status."""
    arguments = read_arguments()
    client_id, secret = os.environ.get("UAPI_CLIENT_ID"), os.environ.get("UAPI_CLIENT_SECRET")
    if not client_id or not secret:
        print("barge_in.py: set UAPI_CLIENT_ID and UAPI_CLIENT_SECRET", file=sys.stderr)
        return 1
    try:
        service = log_in(arguments.url.rstrip("/"), client_id, secret)
        print(f"token: granted to {client_id}")
        barge_in(service, arguments.extension, arguments.supervisor)
    except BargeInError as error:
        print(printable(f"barge_in.py: {error}"), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
