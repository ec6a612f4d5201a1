#!/bin/sh
# Queues one SMS as naz's producers do: naz-list.sh ITEM. DRAIN_LIST is what drainList of the connection names.
set -eu
url=${REDIS_URL:-redis://127.0.0.1:6379}

answer=$(redis-cli -u "$url" --no-auth-warning LPUSH "$DRAIN_LIST" "$1")
case $answer in
  *[!0-9]* | '') echo "$answer" >&2 && exit 1 ;;
  *) echo "$answer" ;;
esac
