"""Makes Ray's own default role in moto, with Ray's code, as `ray up` does if the YAML names no instance profile."""

import json
import tempfile

import boto3
from ray.autoscaler._private.aws import config
from recorder import of_account


def default_role(account):
    """Returns the policies of the head's role by name, with the CloudWatch integration. Workers then have no role."""
    config.time.sleep = lambda _: None
    boto3.setup_default_session()
    of_account(boto3.DEFAULT_SESSION, account)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as agent:
        agent.write("{}")
        agent.flush()
        cluster = {
            "cluster_name": "research",
            "provider": {"type": "aws", "region": "us-east-1", "cloudwatch": {"agent": {"config": agent.name}}},
            "head_node_type": "head",
            "available_node_types": {"head": {"node_config": {}}},
            "head_node": {},
        }
        cluster = config._configure_iam_role(cluster)
    iam = of_account(boto3.Session(), account).client("iam")
    profile = json.dumps(cluster).split(":instance-profile/")[1].split('"')[0]
    role = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    policies = {}
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        policies[attached["PolicyName"]] = json.dumps(document)
    return policies
