#!/usr/bin/env bash
# docker-compose.yml for real: the founding document's request, every phone measured, nothing left behind.
# Needs a Docker engine with Compose v2, and curl. It stands beside whatever else runs: a project and a port
# of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=uapi-adapter-test-$$
export COMPOSE_PROFILES=phones UAPI_PORT=0
compose() { docker compose --progress quiet --project-name "$project" "$@"; }
fail() {
  echo "FAILED: $*"
  compose logs --tail 20
  exit 1
} >&2

docker compose version >/dev/null 2>&1 || { echo "FAILED: Docker has no Compose v2"; exit 1; } >&2

expect() { # SECONDS WHAT COMMAND...: the command succeeds within so many seconds
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || fail "expected $what"
    sleep 0.5
  done
  echo "ok: $what"
}

has_logged() { # SERVICE LINE...: these lines stand in its log, one after the other, with single spaces
  local service=$1 log
  shift
  log=$(compose logs --no-log-prefix "$service" | tr -s ' \n' ' ')
  [[ $log == *"$*"* ]]
}

get() { curl -sS -H "Authorization: Bearer $token" "$url$1"; }

is_ready() { [[ $(get /ready) == *'"status":"ready"'*'"dialplanInclude":"present"'* ]]; }

is_on_call() {
  call=$(get "$calls" | sed -n 's/.*"entry":\[{"id":"\([^"]*\)".*/\1/p')
  [[ $call && $(get "$calls/$call") == *'"id":"01"'*'"status":"5"'* ]]
}

trap 'compose down --volumes --rmi local --timeout 20' EXIT
compose up --detach --build --wait
url=http://$(compose port adapter 8080)
calls="/uapi/phoneCalls/12/0003*210"
token=$(compose exec -T adapter uapi-adapter token --app agent-desktop)
expect 20 "the link is ready" is_ready
expect 5 "what Asterisk says is read in C" has_logged adapter "ami_reader=C"
expect 20 "the customer talks to the agent" is_on_call
expect 20 "they hear each other" has_logged phones \
  "customer . hears -" "agent hears . -" "supervisor - - ."

answer=$(curl -sS -w ' %{http_code}' -X PUT "$url$calls/$call" \
  -H "Authorization: Bearer $token" -H "Content-Type: application/json" -H "Prefer: wait=20" \
  -d '{"action": "BargeIn", "sendCallTo": "0003*024", "callerId": "John Doe <42420042>",
       "waitForPickup": "20", "phoneCallViewId": "01"}')
[[ $answer == *' 200' && $answer == *'"id":"02"'* ]] || fail "expected 200 and view 02, it is $answer"
echo "ok: 200 and view 02"
expect 20 "everyone hears everyone" has_logged phones \
  "customer . hears hears" "agent hears . hears" "supervisor hears hears ."

joined='uapi_supervisions_total{mode="BargeIn",outcome="joined"} 1.0'
[[ $(get /metrics) == *"$joined"* ]] || fail "expected the metrics to say $joined"
echo "ok: the metrics say so"

compose kill --signal HUP adapter
expect 10 "the directory is read again" has_logged adapter "the directory was reloaded"
secrets=$(compose exec -T adapter cat /run/secret/settings.toml | cut -d'"' -f2)
[[ $secrets ]] || fail "expected secrets"
log=$(compose logs)
for secret in $secrets; do
  [[ $log != *"$secret"* ]] || fail "expected no secret in a log"
done
echo "ok: no secret in a log"

compose down --volumes --rmi local --timeout 20
trap - EXIT
left=$(for kind in container volume network; do
  docker "$kind" ls --quiet --filter "label=com.docker.compose.project=$project"
done)
[[ -z $left ]] || fail "expected nothing to be left, there is $left"
echo "ok: nothing is left"
