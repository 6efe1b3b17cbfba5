"""MiniStack with two features of EC2 that it lacks: a dry run launches nothing, and instances
can be listed by their instance profile.

    python server.py        listens as the environment says, like python -m ministack
"""

from ministack.services import ec2

run_instances = ec2._run_instances
matches_filters = ec2._matches_filters


def run_or_not(parameters):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""
    if ec2._p(parameters, "DryRun") == "true":
        return ec2._error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    return run_instances(parameters)


def matches(instance, filters):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""
    arns = filters.get("iam-instance-profile.arn")
    has = (instance.get("IamInstanceProfile") or {}).get("Arn")
    return (arns is None or has in arns) and matches_filters(instance, filters)


ec2._ACTION_MAP["RunInstances"] = run_or_not
ec2._matches_filters = matches

if __name__ == "__main__":
    from ministack.app import main

    main()
