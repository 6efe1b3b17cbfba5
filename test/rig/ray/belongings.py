"""Makes in moto the resources that a cluster's owner has before `ray up`.

Placement groups and capacity reservations are left out: moto has neither, and accepts
any name of them in a launch.
"""

import boto3
from recorder import of_account

TAGS = [{"Key": "ray-cluster-name", "Value": "research"}]


def belongings(account):
    """Makes the resources and returns their names and ids."""
    session = of_account(boto3.Session(), account)
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="ray", Description="ray", VpcId=vpc)["GroupId"]
    ec2.create_key_pair(KeyName="ray-research")

    def image(name):
        made = ec2.register_image(Name=name, RootDeviceName="/dev/sda1", Architecture="x86_64")["ImageId"]
        ec2.create_tags(Resources=[made], Tags=TAGS)
        return made

    def template(image, instance_type):
        data = {"ImageId": image, "InstanceType": instance_type, "KeyName": "ray-research"}
        made = ec2.create_launch_template(LaunchTemplateName="ray", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
        ec2.create_tags(Resources=[made], Tags=TAGS)
        return made

    plain = image("plain")
    return {
        "subnet": subnet,
        "group": group,
        "key": "ray-research",
        "image": plain,
        "agentImage": image("with the agent T6Iq2faj"),  # Ray takes this name for the sign that an image has the CloudWatch agent
        "template": template(plain, "g5.xlarge"),
    }
