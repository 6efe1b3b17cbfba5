"""Runs Ray's own cluster launcher and autoscaler against moto and records their AWS calls.

First `ray up`, as on its user's machine, to the end of the head's setup; then what the
head does, with the configuration that `ray up` has sent it: autoscaler v2, the launcher
of v1, the setup of new workers with the CloudWatch integration in it, and the end of
the workers. Two things are not Ray's own: all
commands over SSH succeed, and waits are shorter.
"""

import os
import shutil
import subprocess
import time

import example
import yaml
from defaultrole import default_role  # beside this file
from ray.autoscaler._private import commands, subprocess_output_util
from ray.autoscaler._private.event_summarizer import EventSummarizer
from ray.autoscaler._private.node_launcher import BaseNodeLauncher
from ray.autoscaler._private.node_provider_availability_tracker import NodeProviderAvailabilityTracker
from ray.autoscaler._private.providers import _get_node_provider
from ray.autoscaler._private.util import ConcurrentCounter
from ray.autoscaler.v2.instance_manager.config import FileConfigReader
from ray.autoscaler.v2.instance_manager.node_provider import NodeProviderAdapter
from ray.autoscaler.v2.instance_manager.ray_installer import RayInstaller
from ray.core.generated.instance_manager_pb2 import Instance, NodeKind
from recorder import Recorder


class Ssh:
    """Replaces the subprocess module: every command succeeds, and the files that it sends are kept."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self, received):
        self.received = received

    def check_call(self, cmd, *_, **__):
        if cmd[0] == "rsync" and cmd[-1].endswith("ray_bootstrap_config.yaml"):
            shutil.copy(cmd[-2], self.received)
        return 0

    def check_output(self, cmd, *_, **__):
        return b""


def cluster(scene, directory):
    """Writes the example's cluster with the scene's changes."""
    config = example.cluster(scene)
    cpu, gpu = (config["available_node_types"][kind]["node_config"] for kind in ("cpu", "gpu"))
    if scene.get("noSpot"):
        del gpu["InstanceMarketOptions"]
    if scene.get("cloudWatch"):
        example.watch(config, scene, directory, alarm="cpu_usage_{instance_id}")
        cpu["ImageId"] = scene["belongings"]["agentImage"]
    if scene.get("tags"):
        example.tag(cpu, {"Team": "research", "Project": "x"}, ("instance", "volume"))
    if scene.get("reserved"):
        example.reserve(gpu, scene["belongings"])
    return example.write(config, directory)


def ray_up(path, ssh):
    """Does what create_or_update_cluster does, with another SSH connection."""
    with open(path) as f:
        config = yaml.safe_load(f)
    config = commands._bootstrap_config(config, no_config_cache=True)
    commands.get_or_create_head_node(config, path, no_restart=False, restart_only=False, yes=True, override_cluster_name=None, _runner=ssh)


class Head:
    def __init__(self, path, ssh):
        self.path, self.ssh = path, ssh
        with open(path) as f:
            self.config = yaml.safe_load(f)
        self.reader = FileConfigReader(path, skip_content_hash=False)
        self.provider = _get_node_provider(self.config["provider"], self.config["cluster_name"])
        self.adapter = NodeProviderAdapter(self.provider, self.reader)
        self.launches = 0

    def workers(self, kind=None):
        found = self.adapter.get_non_terminated()
        return [i for i, n in found.items() if n.node_kind == NodeKind.WORKER and kind in (None, n.node_type)]

    def launch(self, shape):
        """Launches workers with autoscaler v2, which returns before anything is launched."""
        self.launches += 1
        before = len(self.workers())
        self.adapter.launch(shape, f"launch-{self.launches}")
        self.until(lambda: len(self.workers()) == before + sum(shape.values()))

    def terminate(self, ids):
        self.adapter.terminate(ids, "terminate")
        self.until(lambda: not set(ids) & set(self.workers()))

    def until(self, reached):
        for _ in range(200):
            errors = self.adapter.poll_errors()
            if errors:
                raise errors[0] from errors[0].__cause__
            if reached():
                return
            time.sleep(0.05)
        raise TimeoutError("the autoscaler did not do it")

    def set_up(self, ids):
        installer = RayInstaller(self.provider, self.reader.get_cached_autoscaling_config(), self.ssh)
        for i in ids:
            kind = self.provider.node_tags(i)["ray-user-node-type"]
            installer.install_ray(Instance(cloud_instance_id=i, instance_type=kind), "10.0.1.5")

    def launch_by_v1(self, kind):
        launcher = BaseNodeLauncher(self.provider, ConcurrentCounter(), EventSummarizer(), NodeProviderAvailabilityTracker())
        launcher.pending.inc(kind, 1)
        if not launcher.launch_node(self.config, 1, kind):
            raise RuntimeError(f"the launcher launched no {kind}")

    def play(self, kinds):
        for _ in range(2):  # one at a time: moto launches no more than MinCount
            self.launch({kind: 1 for kind in kinds})
        self.set_up(self.workers())
        self.terminate(self.workers("cpu"))  # stops them, because stopped nodes are kept
        self.launch({"cpu": 1})  # starts a stopped one
        self.set_up(self.workers("cpu"))
        for kind in kinds:
            self.launch_by_v1(kind)
        self.provider.terminate_node(self.workers("gpu")[0])
        self.terminate(self.workers("gpu"))
        self.provider.terminate_node(self.workers("cpu")[0])
        # As with cache_stopped_nodes: false, which terminates nodes instead of stopping them.
        self.provider.cache_stopped_nodes = False
        self.launch({"cpu": 1})
        self.launch({"cpu": 1})
        self.provider.terminate_node(self.workers("cpu")[0])
        self.terminate(self.workers("cpu"))
        self.provider.cache_stopped_nodes = True
        self.launch({"cpu": 1})
        # When the autoscaler ends, it terminates the workers, and bootstraps once more to do so.
        commands.teardown_cluster(self.path, yes=True, workers_only=True, override_cluster_name=None, keep_min_workers=True)


def play(scene):
    subprocess_output_util.set_output_redirected(False)
    with example.home(".ssh/ray-research.pem", "ray_bootstrap_key.pem") as directory:
        received = os.path.join(directory, "ray_bootstrap_config.yaml")
        recorder, ssh = Recorder(scene["account"]), Ssh(received)
        recorder.who = "ray up"
        ray_up(cluster(scene, directory), ssh)
        recorder.who = "head"
        Head(received, ssh).play(["cpu", "gpu"])
        return recorder.calls
