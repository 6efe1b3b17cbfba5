"""Runs Ray's own commands against moto, as their user types them, and records their AWS calls.

Three things are not Ray's own: all commands over SSH succeed, waits are shorter, and the driver launches the workers in
place of the head, so these calls are recorded as the head's. An SSH connection through Session Manager is recorded as
the StartSession that its proxy command makes.
"""

import json
import os
import re
import shlex
import subprocess

import boto3
import example
import yaml
from ray.autoscaler._private.providers import _get_node_provider
from ray.scripts.scripts import cli
from recorder import Recorder, of_account

PROXY = "aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p"


class Ssh:
    """Replaces ssh and rsync: every command succeeds."""

    def __init__(self, recorder):
        self.recorder = recorder
        self.connections = 0
        self.check_call, self.check_output = subprocess.check_call, subprocess.check_output
        subprocess.check_call = lambda cmd, *a, **k: 0 if self.connect(cmd) else self.check_call(cmd, *a, **k)
        subprocess.check_output = lambda cmd, *a, **k: b"" if self.connect(cmd) else self.check_output(cmd, *a, **k)

    def connect(self, cmd):
        if cmd[0] not in ("ssh", "rsync"):
            return False
        self.connections += 1
        text = " ".join(cmd)
        if PROXY.split()[0] in text and "ProxyCommand=" in text:
            words = shlex.split(PROXY)
            document = words[words.index("--document-name") + 1]
            target = re.search(r"@(i-[0-9a-f]+)", text).group(1)
            self.recorder.add("ssm", "StartSession", {"Target": target, "DocumentName": document})
        return True


def make_profiles(scene):
    """Makes the instance profiles of the provider: moto launches no instance with a profile that does not exist."""
    iam = of_account(boto3.Session(), scene["account"]).client("iam")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    for name in ("ray-research-head", "ray-research-cpu", "ray-research-gpu"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def cluster(scene, directory):
    """Writes the example's cluster with the scene's changes."""
    config = example.cluster(scene)
    head = config["available_node_types"]["head"]["node_config"]
    if scene.get("cloudWatch"):
        example.watch(config, scene, directory, alarm="high_CPUUtilization_{instance_id}")
    if scene.get("agentImage"):
        head["ImageId"] = scene["belongings"]["agentImage"]
    if scene.get("sessionManager"):
        config["auth"]["ssh_proxy_command"] = PROXY
        config["auth"]["ssh_proxy_use_node_id"] = True
    if scene.get("spot"):
        head["InstanceMarketOptions"] = {"MarketType": "spot"}
    if scene.get("reserved"):
        example.reserve(head, scene["belongings"])
    if scene.get("company"):
        example.tag(head, {"CostCenter": "4711"}, ("instance", "volume", "network-interface"))
        head["BlockDeviceMappings"] = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 200, "Encrypted": True, "KmsKeyId": scene["key"]}}]
    return example.write(config, directory)


class User:
    """Runs Ray's commands. The calls of each are recorded under the command's name."""

    def __init__(self, path, recorder):
        self.path, self.recorder = path, recorder

    def ray(self, command, *arguments):
        self.recorder.who = " ".join(["ray", command, *(a for a in arguments if a.startswith("--"))])
        cli([command, self.path, *arguments], standalone_mode=False)
        self.recorder.who = None

    def change(self, edit):
        with open(self.path) as f:
            config = yaml.safe_load(f)
        edit(config)
        example.write(config, os.path.dirname(self.path))

    def workers(self):
        """Launches workers, as the head would; returns the address of one."""
        self.recorder.who = "head"
        with open(self.path) as f:
            config = yaml.safe_load(f)
        provider = _get_node_provider(config["provider"], config["cluster_name"])
        for kind in ("cpu", "gpu"):
            node = config["available_node_types"][kind]["node_config"]
            tags = {"ray-node-type": "worker", "ray-user-node-type": kind, "ray-node-status": "up-to-date", "ray-launch-config": "x"}
            provider.create_node(node, tags, 1)
        ids = provider.non_terminated_nodes({"ray-node-type": "worker"})
        return provider.internal_ip(ids[0])


def type_all(user, directory):
    script = os.path.join(directory, "script.py")
    with open(script, "w") as f:
        f.write("print()")
    user.ray("up", "--yes")
    user.ray("attach")
    user.ray("exec", "echo")
    user.ray("submit", script)
    address = user.workers()
    user.ray("attach", "--node-ip", address)
    user.ray("get-head-ip")
    user.ray("get-worker-ips")
    user.ray("rsync-up", script, "~/script.py", "--all-nodes")
    user.ray("monitor")
    user.ray("up", "--yes", "--no-config-cache")  # on a running cluster
    user.ray("up", "--yes", "--restart-only")
    user.ray("up", "--yes", "--no-restart")
    user.ray("down", "--yes")
    user.ray("up", "--yes")  # starts the stopped head, if stopped nodes are kept
    user.change(lambda config: config["available_node_types"]["head"]["node_config"].update(EbsOptimized=True))
    user.ray("up", "--yes")  # launches another head, because the configuration has changed
    user.workers()
    user.ray("down", "--yes", "--workers-only")
    user.change(lambda config: config["provider"].update(cache_stopped_nodes=False))
    user.ray("submit", "--start", script)
    user.workers()
    user.ray("kill-random-node", "--yes", "--hard")
    user.ray("down", "--yes")


def play(scene):
    with example.home(".ssh/ray-research.pem") as directory:
        make_profiles(scene)
        recorder = Recorder(scene["account"])
        ssh = Ssh(recorder)
        type_all(User(cluster(scene, directory), recorder), directory)
        assert ssh.connections > 20, ssh.connections
        return recorder.calls
