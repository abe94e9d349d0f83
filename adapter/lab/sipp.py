"""The scenarios and the command line with which SIPp plays a phone."""

import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from adapter.lab.codecs import Codec
from adapter.lab.errors import LabError
from adapter.lab.files import lab_file
from adapter.lab.processes import die_with_parent

# One for SIP, one for SIPp's control, a pair for audio and a pair for video; all calls share them.
PORTS_OF_A_PHONE = 6

UDP_TABLE = Path("/proc/net/udp")


def scenario_path(name: str) -> Path:
    """Return the path of a scenario of sipp-scenarios/."""
    return lab_file(f"sipp-scenarios/{name}.xml")


def write_talker(name: str, codec: Codec, folder: Path, *, rings_by: str = "180 Ringing") -> Path:
    """Return the scenario `name`, written in `folder` with what a phone does while it talks.

    A phone that is called rings with the status `rings_by`.
    """
    talk = scenario_path("talk").read_text()
    scenario = scenario_path(name).read_text().replace("<!-- insert talk.xml -->", talk)
    scenario = scenario.replace("SIP/2.0 180 Ringing", f"SIP/2.0 {rings_by}")
    path = folder / f"{name}.xml"
    path.write_text(scenario.replace("tone.ulaw,-1,0", f"{codec.tone_file},-1,{codec.format}"))
    return path


def write_refusal(refusal: str, folder: Path, *, rings_first: bool = False) -> Path:
    """Return a scenario, written in `folder`, that refuses calls with a status such as "603 Decline".

    With `rings_first` the phone rings for a moment before. The scenario is written because SIPp takes no
    keyword in a status. Raises LabError if the text is not an error status.
    """
    if re.fullmatch(r"[3-6]\d\d [\w ]+", refusal) is None:
        raise LabError(f'Not a SIP error status, such as "486 Busy Here": {refusal!r}')
    scenario = scenario_path("refuse").read_text().replace("SIP/2.0 486 Busy Here", f"SIP/2.0 {refusal}")
    if rings_first:
        scenario = scenario.replace('<nop next="refuse"/>', "")
    path = folder / "refuse.xml"
    path.write_text(scenario)
    return path


def sipp_command(
    scenario: Path,
    *,
    server: tuple[str, int],
    number: str,
    ip: str,
    sip_port: int,
    first_port: int,
    calls: int,
    keywords: Mapping[str, str],
    goes_on: bool = False,
) -> tuple[str, ...]:
    """Return the command that plays a scenario in the phone's folder.

    `first_port` is the first of the phone's PORTS_OF_A_PHONE ports. `keywords` are those of the scenario.
    With `goes_on` the phone does not give up a call because of an unexpected message. The journal, the errors
    and the tone are files with fixed names in the folder.
    """
    options = {
        "-sf": str(scenario),
        "-s": number,
        "-i": ip,
        "-p": str(sip_port),
        "-ci": ip,
        "-cp": str(first_port + 1),
        "-mi": ip,
        "-mp": str(first_port + 2),
        "-m": str(calls),
        # Nobody looks at its screens, so it updates them once an hour.
        "-f": "3600",
        "-error_file": "errors",
        "-log_file": "journal",
    }
    words = [word for option in options.items() for word in option]
    for keyword, value in keywords.items():
        words += ("-key", keyword, value)
    if goes_on:
        # A message that comes while SIPp is about to send is unexpected to it; two messages at once suffice
        # for that. Asterisk sends it again, as if it were lost. SIPp answers a NOTIFY at once (-aa).
        words += ("-aa", "-default_behaviors", "all,-abortunexp")
    sipp = ("sipp", f"{server[0]}:{server[1]}", *words, "-nostdin", "-trace_err", "-trace_logs")
    return die_with_parent(sipp)


def is_bound(ip: str, port: int) -> bool:
    """Whether a program listens at this UDP port.

    This reads the kernel's table: binding the port to try it could prevent SIPp from binding it.
    """
    # The table has an address as the hexadecimal number of its bytes in memory.
    address = socket.inet_aton(ip)[::-1] if sys.byteorder == "little" else socket.inet_aton(ip)
    wanted = f"{address.hex()}:{port:04x}".upper()
    lines = UDP_TABLE.read_text().splitlines()[1:]
    return any(line.split(maxsplit=2)[1] == wanted for line in lines)
