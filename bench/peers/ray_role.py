"""Has the pinned Ray make its own default role, as `ray up` does where the cluster's YAML names no
instance profile: one role, for the head alone. Its sleeps are counted and not slept.
"""

import time

from ray.autoscaler._private.aws import config

print("ready", flush=True)
slept = []
config.time = type("time", (), {"sleep": slept.append, "time": time.time})
config._configure_iam_role(
    {
        "provider": {"type": "aws", "region": "us-east-1"},
        "head_node_type": "head",
        "available_node_types": {"head": {"node_config": {}}},
        "head_node": {},
    }
)
print("slept", sum(slept))
