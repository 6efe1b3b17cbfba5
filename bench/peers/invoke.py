"""Plays Lambda for the handler in Python: one process, which gets the event on its standard input.

It says when the handler is ready: when all is imported and the clients are made. crhelper's sleep before it
answers a Delete, two minutes by default, is counted and not slept.
"""

import json
import sys

from crhelper import resource_helper

import handler

print("ready", flush=True)
slept = []
resource_helper.CfnResource._wait_for_cwlogs.__defaults__ = (slept.append,)


class Context:
    aws_request_id = "request"
    function_name = "handler"

    def get_remaining_time_in_millis(self):
        return 300_000


event = sys.stdin.read()
if event:
    handler.handler(json.loads(event), Context())
    print("slept", sum(slept))
