#!/usr/bin/env python3
"""Queues one SMS: producer.py RECIPIENT TEXT [LABEL]. Needs pika (pip install pika)."""
import json
import os
import sys

import pika

url = os.environ.get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2F")
queue = os.environ.get("KEY_PREFIX", "smpp") + "." + os.environ["CLIENT_ID"] + ".queue.2"
recipient, text, *label = sys.argv[1:]
message = {"version": 1, "destination_addr": recipient, "short_message": text}
if label:
    message["correlation_id"] = label[0]

connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.confirm_delivery()  # Without it nobody knows whether the broker has the message.
properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
channel.basic_publish("", queue, json.dumps(message).encode(), properties, mandatory=True)
connection.close()
print("queued")
