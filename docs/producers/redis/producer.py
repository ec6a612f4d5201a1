#!/usr/bin/env python3
"""Queues one SMS: producer.py RECIPIENT TEXT [LABEL]. Needs redis-py (pip install redis)."""
import json
import os
import sys

import redis

url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
prefix = os.environ.get("KEY_PREFIX", "smpp")
client_id = os.environ["CLIENT_ID"]
recipient, text, *label = sys.argv[1:]
message = {"version": 1, "destination_addr": recipient, "short_message": text}
if label:
    message["correlation_id"] = label[0]

# One stream per priority: 0 goes first, 4 last. The braces belong to the name.
stream = prefix + ":{" + client_id + "}:queue:2"
print(redis.Redis.from_url(url).xadd(stream, {"json": json.dumps(message)}).decode())
