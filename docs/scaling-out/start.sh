#!/bin/sh
# What compose.yaml describes, on this machine and without containers: Redis, two Node-REDs, and the package's simulator
# in place of an SMSC. Needs redis-server and node-red. Ctrl-C stops it all.
#
#   docs/scaling-out/start.sh
#   curl -d '{"to": "447700900123", "text": "Hello"}' -H 'Content-Type: application/json' http://127.0.0.1:1881/redis/sms
set -eu

here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../.." && pwd)
redis_port=${REDIS_PORT:-6390}
first=${FIRST_PORT:-1881}
second=${SECOND_PORT:-1882}
folder=${FOLDER:-$(mktemp -d)}
node_red=${NODE_RED:-$(command -v node-red || echo "$package/node_modules/.bin/node-red")}

started=
stop() {
  trap - EXIT INT TERM
  # The Node-REDs first: they unbind, and what they have not sent goes back into the queue.
  for pid in $started; do kill "$pid" 2>/dev/null && wait "$pid" || :; done
  exit "${1:-0}"
}
trap 'stop $?' EXIT
trap 'stop 0' INT TERM

mkdir -p "$folder/redis" "$folder/$first" "$folder/$second"

redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$folder/redis" --loglevel warning \
  --appendonly yes --appendfsync everysec --maxmemory-policy noeviction &
started="$!"

export SMPP_HOST=127.0.0.1 SMPP_PORT="${SMPP_PORT:-2775}" SMPP_SYSTEM_ID=demo SMPP_PASSWORD=demo
export SMPP_QUEUE_URL="redis://127.0.0.1:$redis_port" SMPP_PACKAGE="$package" UI_HOST=127.0.0.1
node "$here/smsc.cjs" &
started="$! $started"

for port in "$first" "$second"; do
  cp "$here/settings.js" "$folder/$port/" && node "$here/flow.cjs" "$folder/$port"
  PORT=$port "$node_red" --userDir "$folder/$port" >"$folder/$port/log" 2>&1 &
  started="$! $started"
  # To see what the other does when one dies: kill -9 "$(cat …/1881/pid)".
  echo "$!" >"$folder/$port/pid"
done

echo "Redis on $redis_port, Node-RED on $first and $second; flows and logs in $folder"
wait
