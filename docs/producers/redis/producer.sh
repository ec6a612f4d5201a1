#!/bin/sh
# Queues one SMS: producer.sh JSON, such as '{"destination_addr": "447700900123", "short_message": "Hello"}'.
set -eu
url=${REDIS_URL:-redis://127.0.0.1:6379}
stream="${KEY_PREFIX:-smpp}:{$CLIENT_ID}:queue:2"

# redis-cli may end with 0 after an error, but only success has an id such as 1700000000000-0.
answer=$(redis-cli -u "$url" --no-auth-warning XADD "$stream" '*' json "$1")
case $answer in
  [0-9]*-[0-9]*) echo "$answer" ;;
  *) echo "$answer" >&2 && exit 1 ;;
esac
