"""Makes the resources that the provider's optional parameters name, or prints what is in the account; for TestDeployed.

It makes many calls in one process: one start of the AWS CLI takes as long as all of them.
"""

import json
import sys

import boto3

iam, ec2, kms, s3 = (boto3.client(service) for service in ("iam", "ec2", "kms", "s3"))


def make():
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=json.dumps(anything))["Policy"]["Arn"]
    for name, service in {"ray-by-hand": "ec2", "raybyhand": "ec2", "ray-for-lambda": "lambda", "by-hand": "ec2"}.items():
        statement = {"Effect": "Allow", "Principal": {"Service": service + ".amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    s3.create_bucket(Bucket="a-bucket-of-ours")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return {
        "CreateDashboard": "true",
        "DriftCallsPerSecond": "7",
        "DriftSchedule": "cron(0 3 ? * MON-FRI *)",
        "ExecutionPolicyType": "managed",
        "ExecutionRoleNamePrefix": "company-",
        "ExecutionRolePath": "/service/",
        "ExecutionRolePermissionsBoundary": bound,
        "KmsKeyArn": kms.create_key()["KeyMetadata"]["Arn"],
        "PermissionsBoundary": bound,
        "ReservedConcurrency": "5",
        "Revision": "2",
        "Tags": "team=a b,cost=1",
        "VpcSecurityGroupIds": ec2.create_security_group(GroupName="x", Description="x", VpcId=vpc)["GroupId"],
        "VpcSubnetIds": ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"],
    }


def tags(pairs):
    """Returns the tags, without those of AWS and of the provider, in the parameter's form."""
    if isinstance(pairs, list):
        pairs = {pair["Key"]: pair["Value"] for pair in pairs}
    return ",".join(f"{key}={value}" for key, value in sorted(pairs.items()) if ":" not in key)


def role(name):
    found = iam.get_role(RoleName=name)["Role"]
    return {
        "name": name,
        "path": found["Path"],
        "boundary": found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "inline": len(iam.list_role_policies(RoleName=name)["PolicyNames"]),
        "managed": len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]),
        "tags": tags(found.get("Tags", [])),
        "owner": "".join(pair["Value"] for pair in found.get("Tags", []) if pair["Key"] == "ray-iam:owner"),
    }


def show():
    stack = boto3.client("cloudformation").describe_stack_resources(StackName="ray-iam")["StackResources"]
    physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in stack}
    logs, sqs, cloudwatch = (boto3.client(service) for service in ("logs", "sqs", "cloudwatch"))
    group = logs.describe_log_groups(logGroupNamePrefix=physical["LogGroup"])["logGroups"][0]
    queue = physical["FailureQueue"]
    alarm = cloudwatch.describe_alarms(AlarmNames=[physical["FailureAlarm"]])["MetricAlarms"][0]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return {
        "execution role": role(physical["ExecutionRole"]),
        "head": role("ray-head"),
        "worker": role("ray-worker"),
        "log group": {"key": group.get("kmsKeyId", ""), "tags": tags(logs.list_tags_log_group(logGroupName=group["logGroupName"])["tags"])},
        "queue": {"key": attributes.get("KmsMasterKeyId", ""), "tags": tags(sqs.list_queue_tags(QueueUrl=queue).get("Tags", {}))},
        "instance profile": {"tags": tags(iam.list_instance_profile_tags(InstanceProfileName="ray-head")["Tags"])},
        "function": {"tags": tags(boto3.client("lambda").get_function(FunctionName=physical["RayIAMFunction"]).get("Tags", {}))},
        "alarm": {"tags": tags(cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"])},
    }


def watch():
    """Returns the schedule, the alarms and the dashboard of the function."""
    stack = boto3.client("cloudformation").describe_stack_resources(StackName="ray-iam")["StackResources"]
    physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in stack}
    events, cloudwatch = boto3.client("events"), boto3.client("cloudwatch")
    function = boto3.client("lambda").get_function_configuration(FunctionName=physical["RayIAMFunction"])
    told = function["Environment"]["Variables"]
    found = {
        "told": told.get("RAYIAM_DRIFT_SCHEDULE", "") + " " + told.get("RAYIAM_DRIFT_CALLS_PER_SECOND", ""),
        "rules": [
            rule["ScheduleExpression"] + " " + target["Arn"].removeprefix(function["FunctionArn"])
            for rule in events.list_rules()["Rules"]
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        ],
        "metrics": sorted(alarm["MetricName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"] if alarm["Namespace"] == "CustomRayIAM"),
        "dashboards": [dashboard["DashboardName"] for dashboard in cloudwatch.list_dashboards()["DashboardEntries"]],
    }
    for name in found["dashboards"]:
        found["widgets"] = len(json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])["widgets"])
    return found


json.dump({"make": make, "show": show, "watch": watch}[sys.argv[1]](), sys.stdout)
