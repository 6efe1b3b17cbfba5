"""Records the AWS calls that botocore makes, each before it is sent.

Of each: whose credentials it would have been made with, service and
operation, the parameters as Ray gave them, and the tags of the resources that they
name, as these are at that moment.
"""

import copy
import json
import re
import threading
import types

import boto3

# The types of the example's nodes. Ray asks for all types that there are, and moto takes seconds to list them.
TYPES = ["g5.xlarge", "m6i.4xlarge", "m6i.xlarge"]
IDS = re.compile(r"(?<![a-z])(ami|i|lt)-[0-9a-f]{8,17}")


def of_account(session, account):
    """Has a session's calls go to an account of moto's."""
    session.events.register("before-call", lambda params, **_: params["headers"].update({"x-moto-account-id": account}))
    return session


class Recorder:
    """Who makes the calls is who: it is set from outside as the play goes on."""

    def __init__(self, account):
        self.who = None
        self.calls = []
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
        self.add(model.service_model.service_name, model.name, params)
        return {**params, "InstanceTypes": TYPES} if model.name == "DescribeInstanceTypes" else None  # what is sent

    def add(self, service, operation, params):
        with self._lock:
            call = {"who": self.who, "service": service, "operation": operation, "parameters": params, "tags": self._tags(params)}
            self.calls.append(copy.deepcopy(call))

    def _tags(self, params):
        tags = {m.group(): {} for m in IDS.finditer(json.dumps(params))}
        if tags:
            for tag in self._ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": list(tags)}])["Tags"]:
                tags[tag["ResourceId"]][tag["Key"]] = tag["Value"]
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
