"""The usual way to write this resource: a handler in Python with crhelper and boto3, one call after another.

It makes the same roles and instance profiles as the defaults of Custom::RayIAM, without the tags of ownership and
without a condition on iam:PassRole, and checks nothing before it writes. PEER_POLICIES, a JSON object, names the
AWS managed policies of each role. crhelper decodes the event, answers it, and makes no call to IAM.
"""

import json
import os

import boto3
from botocore.exceptions import ClientError
from crhelper import CfnResource

handler = CfnResource(log_level="INFO")
iam = boto3.client("iam")

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
PASS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/ray-worker"}]})
POLICIES = json.loads(os.environ["PEER_POLICIES"])


def arn(policy):
    return "arn:aws:iam::aws:policy/" + policy


@handler.create
def create(event, context):
    for name, policies in POLICIES.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.get_waiter("role_exists").wait(RoleName=name)
        for policy in policies:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn(policy))
        profile = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        iam.get_waiter("instance_profile_exists").wait(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        handler.Data[name] = profile["Arn"]
    iam.put_role_policy(RoleName="ray-head", PolicyName="ray-pass-role-policy", PolicyDocument=PASS)
    return "ray"


@handler.update
def update(event, context):
    for name, policies in POLICIES.items():
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=TRUST)
        attached = {p["PolicyArn"] for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name) for p in page["AttachedPolicies"]}
        wanted = {arn(policy) for policy in policies}
        for policy in wanted - attached:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        for policy in attached - wanted:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy)
    iam.put_role_policy(RoleName="ray-head", PolicyName="ray-pass-role-policy", PolicyDocument=PASS)


@handler.delete
def delete(event, context):
    for name in POLICIES:
        try:
            for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
                iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
                iam.delete_instance_profile(InstanceProfileName=profile["InstanceProfileName"])
            for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
            iam.delete_role(RoleName=name)
        except ClientError as e:
            if e.response["Error"]["Code"] != "NoSuchEntity":
                raise
