#!/bin/sh
# Queues one SMS: producer.sh JSON, such as '{"destination_addr": "447700900123", "short_message": "Hello"}'.
# Goes through the HTTP API (plugin rabbitmq_management): for a test or a script, not for many a second.
set -eu
answer=$(rabbitmqadmin -H "${AMQP_HOST:-127.0.0.1}" -P "${MANAGEMENT_PORT:-15672}" -V "${AMQP_VHOST:-/}" \
  -u "${AMQP_USER:-guest}" -p "${AMQP_PASSWORD:-guest}" publish \
  exchange=amq.default routing_key="${KEY_PREFIX:-smpp}.$CLIENT_ID.queue.2" \
  properties='{"content_type": "application/json", "delivery_mode": 2}' payload="$1")

# It ends with 0 as well when there is no such queue.
[ "$answer" = 'Message published' ] || { echo "$answer" >&2 && exit 1; }
echo queued
