"""The names in asterisk-conf/uapi-dialplan.conf: the contexts and extensions that are the adapter's own."""

SPY_CONTEXT = "uapi-spy"
SPY_EXTEN = "spy"
NOTICE_EXTEN = "notice"

PHONES_CONTEXT = "uapi-phones"
"""Any number is an extension of it: all the phones of that number."""

ANSWERED_CONTEXT = "uapi-answered"
ANSWERED_EXTEN = "s"

LEFT_CONTEXT = "uapi-left"
LEFT_EXTEN = "s"
