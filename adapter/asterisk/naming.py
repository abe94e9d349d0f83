"""The names in asterisk-conf/uapi-dialplan.conf: the contexts and extensions that are the adapter's own."""

SPY_CONTEXT = "uapi-spy"
SPY_EXTEN = "spy"
NOTICE_EXTEN = "notice"

PHONES_CONTEXT = "uapi-phones"
"""Any number is an extension of it: it rings the devices that the adapter names."""

DEVICE_CONTEXT = "uapi-device"
DEVICE_EXTEN = "s"

LEFT_CONTEXT = "uapi-left"
LEFT_EXTEN = "s"


def supervisor_channels(number: str) -> str:
    """How the names of the channels begin by which the include rings a supervisor with this number."""
    return f"Local/{number}@{PHONES_CONTEXT}"


def ring_through_include(number: str) -> str:
    """What is dialed to have the include ring a supervisor. `/n`: Asterisk keeps both halves."""
    return f"{supervisor_channels(number)}/n"
