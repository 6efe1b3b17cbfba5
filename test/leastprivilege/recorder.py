"""Records the AWS calls that botocore makes, each before it is sent.

A line of JSON for each: whose credentials it would have been made with, service and
operation, the parameters as Ray gave them, and the tags of the resources that they
name, as these are at that moment.
"""

import json
import re
import threading
import types

import boto3

IDS = re.compile(r"(?<![a-z])(ami|i|lt)-[0-9a-f]{8,17}")


def of_account(session, account):
    """Has a session's calls go to an account of moto's."""
    session.events.register("before-call", lambda params, **_: params["headers"].update({"x-moto-account-id": account}))
    return session


class Recorder:
    """Who makes the calls is who: it is set from outside as the play goes on."""

    def __init__(self, path, account):
        self.who = None
        self._file = open(path, "w", buffering=1)
        self._lock = threading.Lock()
        beside = of_account(boto3.Session(), account)  # its calls are not Ray's
        self._ec2, self._ssm = beside.client("ec2"), beside.client("ssm")
        self._spot = set()
        boto3.setup_default_session()
        events = of_account(boto3.DEFAULT_SESSION, account).events
        events.register("provide-client-params", self._record)
        events.register("before-call.ssm.ListCommandInvocations", self._invocations)
        events.register("after-call.ec2.RunInstances", self._launched)
        events.register("after-call.ec2.DescribeInstances", self._described)

    def _record(self, params, model, context, **_):
        context["parameters"] = params  # botocore keeps one context for all events of a call
        with self._lock:
            call = {
                "who": self.who,
                "service": model.service_model.service_name,
                "operation": model.name,
                "parameters": params,
                "tags": self._tags(params),
            }
            self._file.write(json.dumps(call, sort_keys=True) + "\n")

    def _tags(self, params):
        ids = sorted({m.group() for m in IDS.finditer(json.dumps(params))})
        tags = {i: {} for i in ids}
        for i in ids:
            for tag in self._ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [i]}])["Tags"]:
                tags[i][tag["Key"]] = tag["Value"]
        return tags

    def _invocations(self, context, **_):
        """Answers in place of moto, which has GetCommandInvocation only."""
        invocation = self._ssm.get_command_invocation(**context["parameters"])
        return types.SimpleNamespace(status_code=200), {"CommandInvocations": [invocation]}

    def _launched(self, parsed, context, **_):
        """Remembers Spot Instances: moto's have no id of a request, by which Ray knows them."""
        if context["parameters"].get("InstanceMarketOptions"):
            self._spot.update(i["InstanceId"] for i in parsed.get("Instances", []))

    def _described(self, parsed, **_):
        for reservation in parsed.get("Reservations", []):
            for instance in reservation["Instances"]:
                if instance["InstanceId"] in self._spot:
                    instance["SpotInstanceRequestId"] = "sir-" + instance["InstanceId"][-8:]
