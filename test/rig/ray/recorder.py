"""Records the AWS calls that botocore makes, each before it is sent.

Each record has the caller, the service and the operation, the parameters as Ray gave them, and the tags that the
resources named in the parameters have at that moment.
"""

import copy
import json
import re
import threading
import types

import boto3

# The types of the example's nodes. Ray lists all instance types, and moto takes seconds to list them.
TYPES = ["g5.xlarge", "m6i.4xlarge", "m6i.xlarge"]
IDS = re.compile(r"(?<![a-z])(ami|i|lt)-[0-9a-f]{8,17}")


def of_account(session, account):
    """Sends a session's calls to an account of moto's."""
    session.events.register("before-call", lambda params, **_: params["headers"].update({"x-moto-account-id": account}))
    return session


class Recorder:
    """Records calls. The driver sets who, the caller, before each part of the play."""

    def __init__(self, account):
        self.who = None
        self.calls = []
        self._lock = threading.Lock()
        beside = of_account(boto3.Session(), account)  # for the recorder's own calls, which are not recorded
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
        return {**params, "InstanceTypes": TYPES} if model.name == "DescribeInstanceTypes" else None  # the request that is sent

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
        """Answers ListCommandInvocations, which moto does not have, from GetCommandInvocation."""
        invocation = self._ssm.get_command_invocation(**context["parameters"])
        return types.SimpleNamespace(status_code=200), {"CommandInvocations": [invocation]}

    def _launched(self, parsed, context, **_):
        """Remembers Spot Instances: Ray tells them by the id of a Spot request, which moto's instances do not have."""
        if context["parameters"].get("InstanceMarketOptions"):
            self._spot.update(i["InstanceId"] for i in parsed.get("Instances", []))

    def _described(self, parsed, **_):
        for reservation in parsed.get("Reservations", []):
            for instance in reservation["Instances"]:
                if instance["InstanceId"] in self._spot:
                    instance["SpotInstanceRequestId"] = "sir-" + instance["InstanceId"][-8:]
