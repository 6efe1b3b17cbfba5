"""The example's cluster as Ray runs it: the resources of moto's account replace the placeholders."""

import contextlib
import json
import os
import tempfile

import yaml
from ray.autoscaler._private import commands
from ray.autoscaler._private.aws import node_provider

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "ray", "cluster.yaml")


@contextlib.contextmanager
def home(*keys):
    """Makes a home directory for Ray, with the private keys in it. Shortens Ray's waits to what moto needs."""
    node_provider.TAG_BATCH_DELAY = 0.01
    commands.POLL_INTERVAL = 0.05
    with tempfile.TemporaryDirectory() as directory:
        tempfile.tempdir = os.environ["HOME"] = directory
        os.makedirs(os.path.join(directory, ".ssh"))
        for key in keys:
            with open(os.path.join(directory, key), "w") as f:
                f.write("a key")
        yield directory


def cluster(scene):
    with open(PATH) as f:
        text = f.read()
    belongings = scene["belongings"]
    for placeholder, value in {
        "ami-0123456789abcdef0": belongings["image"],
        "subnet-0123456789abcdef0": belongings["subnet"],
        "sg-0123456789abcdef0": belongings["group"],
        "123456789012": scene["account"],
    }.items():
        assert placeholder in text, placeholder
        text = text.replace(placeholder, value)
    return yaml.safe_load(text)


def reserve(node, belongings):
    """Makes a node use a launch template, a placement group and a capacity reservation."""
    for given in ("InstanceType", "ImageId", "KeyName"):
        del node[given]  # set by the launch template
    node["LaunchTemplate"] = {"LaunchTemplateId": belongings["template"], "Version": "$Default"}
    node["Placement"] = {"GroupName": "ray"}
    node["CapacityReservationSpecification"] = {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}}


def tag(node, tags, kinds):
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    node["TagSpecifications"] = [{"ResourceType": kind, "Tags": listed} for kind in kinds]


def watch(config, scene, directory, alarm):
    """Adds the CloudWatch integration, with two alarms: one named after the cluster, and one with the given name."""
    config["provider"]["cloudwatch"] = {}
    for kind, content in {
        "agent": {"logs": {"log_group_name": "{cluster_name}-ray_logs_out"}},
        "dashboard": [{"type": "text", "width": 1, "height": 1, "properties": {"markdown": "{cluster_name}"}}],
        "alarm": [_alarm("{cluster_name}-cpu-{instance_id}"), _alarm(alarm)],
    }.items():
        path = os.path.join(directory, kind + ".json")
        with open(path, "w") as f:
            f.write(json.dumps(content).replace("{account}", scene["account"]))
        config["provider"]["cloudwatch"][kind] = {"config": path}


def _alarm(name):
    return {
        "AlarmName": name,
        "MetricName": "cpu_usage",
        "Namespace": "{cluster_name}-ray-CWAgent",
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 90,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": ["arn:aws:sns:{region}:{account}:ray-alarms"],
        "Dimensions": [{"Name": "InstanceId", "Value": "{instance_id}"}],
    }


def write(config, directory):
    path = os.path.join(directory, "cluster.yaml")
    with open(path, "w") as f:
        yaml.safe_dump(config, f)
    return path
