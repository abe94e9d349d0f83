#!/bin/sh
# Barge in on a live call with curl; python3 reads the JSON of the answers.
#
#   UAPI_CLIENT_ID=wallboard UAPI_CLIENT_SECRET=demo-secret \
#     examples/barge-in.sh http://127.0.0.1:8080 '0003*210' '0003*024'
#
# The arguments are the address of the service, the extension to supervise and the supervisor's extension. They
# may also come from UAPI_URL, UAPI_EXTENSION and UAPI_SUPERVISOR. Exits with 0 if the supervisor has joined.
set -eu

url=${1:-${UAPI_URL:-}}
extension=${2:-${UAPI_EXTENSION:-}}
supervisor=${3:-${UAPI_SUPERVISOR:-}}

fail() {
    echo "barge-in.sh: $*" >&2
    exit 1
}

command -v curl > /dev/null || fail "curl is missing: apt-get install curl"
command -v python3 > /dev/null || fail "python3 is missing: apt-get install python3"
[ -n "$url" ] && [ -n "$extension" ] && [ -n "$supervisor" ] \
    || fail "usage: UAPI_CLIENT_ID=... UAPI_CLIENT_SECRET=... barge-in.sh URL EXTENSION SUPERVISOR"
[ -n "${UAPI_CLIENT_ID:-}" ] && [ -n "${UAPI_CLIENT_SECRET:-}" ] \
    || fail "set UAPI_CLIENT_ID and UAPI_CLIENT_SECRET"

url=${url%/}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# json EXPRESSION [ARGUMENT...]: print a Python expression about the answer, `it`; nothing where it has none.
json() {
    python3 -c '
import json, sys
it = json.load(open(sys.argv[1], encoding="utf-8"))
try:
    text = str(eval(sys.argv[2], {"it": it, "args": sys.argv[3:]}))
    # Characters that a terminal would act on are printed as escapes.
    print("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text))
except (LookupError, StopIteration, TypeError):
    pass
' "$answer" "$@"
}

# ask WANTED CURL-ARGUMENTS...: puts the answer's body into $answer; exits unless the status is WANTED.
ask() {
    wanted=$1
    shift
    status=$(curl --silent --show-error --max-time 60 --output "$answer" --write-out '%{http_code}' "$@") \
        || fail "$url did not answer"
    [ "$status" = "$wanted" ] || explain
}

explain() {
    # 204 has no body: the call ended before the supervisor joined. 202: the phone still rings.
    [ "$status" = 204 ] && fail "204: the call is over"
    [ "$status" = 202 ] && fail "202: the phone of $supervisor still rings"
    # An error is {"error": {"code", "message"}}, one of the token endpoint {"error": code}.
    why=$(json 'it["error"]["code"] + ": " + it["error"]["message"]')
    fail "$status ${why:-$(json 'it["error"]')}"
}

# 1. Get a token by the App's client credentials (RFC 6749). It is valid for an hour. The secret reaches curl
#    through a pipe, because every user can read a command line (ps).
printf %s "$UAPI_CLIENT_SECRET" | {
    ask 200 "$url/oauth/token.php" \
        --data-urlencode grant_type=client_credentials \
        --data-urlencode "client_id=$UAPI_CLIENT_ID" \
        --data-urlencode client_secret@-
}
token=$(json 'it["access_token"]')
[ -n "$token" ] || fail "there is no token in the answer"
echo "token: granted to $UAPI_CLIENT_ID"

# Like ask, but with the token, which does not appear on the command line either.
authorized() {
    printf 'Authorization: Bearer %s\n' "$token" | ask "$@" --header @-
}

# 2. List the live calls of the extension, the oldest first. `*` needs no encoding; `@me` is the token's account.
authorized 200 "$url/uapi/phoneCalls/@me/$extension/?count=1"
call=$(json 'it["entry"][0]["id"]')
[ -n "$call" ] || fail "there is no live call of $extension"

# A call has a view for each of its extensions. Take the view of the extension to supervise.
view=$(json 'next(v["id"] for v in it["entry"][0]["phoneCallView"] if v["extension"] == args[0])' "$extension")
[ -n "$view" ] || fail "the call has no view of $extension: write the extension in full, like 0003*210"
echo "call: $call, view $view"

# 3. Barge in. With `Prefer: wait` the answer comes when the supervisor has joined: 200 with the whole call.
#    Without it the answer is 202 at once, while the phone rings.
#    If the supervisor has already joined, the phone does not ring, and a new action switches the mode.
echo "asking: $supervisor"
authorized 200 --request PUT "$url/uapi/phoneCalls/@me/$extension/$call" \
    --header 'Content-Type: application/json' \
    --header 'Prefer: wait=25' \
    --data '{
        "action": "BargeIn",
        "phoneCallViewId": "'"$view"'",
        "sendCallTo": "'"$supervisor"'",
        "callerId": "Barge In <42420042>",
        "waitForPickup": "20"
    }'

# The new view is the supervisor's: its source is the supervisor, its destination the supervised extension.
joined=$(json 'next(v["id"] for v in it["phoneCallView"] if v["source"] == [args[0]])' "$supervisor")
[ -n "$joined" ] || fail "the answer has no view of $supervisor"
echo "joined: $supervisor talks with $extension, view $joined"
