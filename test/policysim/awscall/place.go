package awscall

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A Place is where calls go to.
type Place struct {
	Account, Region string
	Kind            string // of node that an instance is of which a call says nothing else, such as "head"
}

// InAccount returns the same Region of another account.
func (p Place) InAccount(account string) Place {
	p.Account = account
	return p
}

// InRegion returns another Region of the same account.
func (p Place) InRegion(region string) Place {
	p.Region = region
	return p
}

// ARN names a resource of the account in the Region.
func (p Place) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// EC2 names a resource of EC2's. Images and snapshots have no account in their ARN.
func (p Place) EC2(kind, id string) string {
	if kind == "image" || kind == "snapshot" {
		p.Account = ""
	}
	return p.ARN("ec2", kind+"/"+id)
}

// IAM names a role, an instance profile, a user or a policy.
func (p Place) IAM(kind, name string) string {
	return "arn:aws:iam::" + p.Account + ":" + kind + "/" + name
}

// Role is the role of a kind of node of the example's cluster, examples/ray/cluster.yaml.
func (p Place) Role(kind string) string { return p.IAM("role", "ray-research-"+kind) }

// Profile is the instance profile of a kind of node of the example's cluster.
func (p Place) Profile(kind string) string { return p.IAM("instance-profile", "ray-research-"+kind) }

// profileOf is the instance profile of an instance that a call names.
func (p Place) profileOf(c Call, t Tags) Keys {
	switch kind := t["ray-user-node-type"]; {
	case c.Profile == NoProfile:
		return nil
	case c.Profile != "":
		return Keys{"ec2:InstanceProfile": {c.Profile}}
	case kind != "":
		return Keys{"ec2:InstanceProfile": {p.Profile(kind)}}
	}
	return Keys{"ec2:InstanceProfile": {p.Profile(p.Kind)}}
}

// ProfileOf is the instance profile of an instance with these tags.
func (p Place) ProfileOf(t Tags) Keys { return p.profileOf(Call{}, t) }

// Via are the keys of the use of a KMS key by a service, such as "ec2", in a caller's name.
func (p Place) Via(service string) Keys {
	return Keys{"kms:ViaService": {service + "." + p.Region + ".amazonaws.com"}}
}

// Authorization is one case on a call's behalf.
func (p Place) Authorization(action, resource string, context Keys) policysim.Case {
	return policysim.Case{
		Name:   fmt.Sprintf("%s on %s with %v", action, resource, context),
		Action: action, Resource: resource, Context: Merge(Keys{"aws:RequestedRegion": {p.Region}}, context),
	}
}

// By returns the cases as asked by a session of a role in the place's account, with these
// policies. The answer is the account's own, whatever account a resource is in. KMS keys
// leave it to IAM who may use them.
func (p Place) By(session string, policies []string, cases []policysim.Case) []policysim.Case {
	all := slices.Clone(cases)
	for i := range all {
		all[i].Principal = "arn:aws:sts::" + p.Account + ":assumed-role/" + session
		all[i].Account, all[i].Identity = p.Account, policies
		if strings.HasPrefix(all[i].Action, "kms:") {
			all[i].ResourcePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + p.Account + `:root"},"Action":"kms:*","Resource":"*"}]}`
		}
	}
	return all
}

// documentsOwner stands for no account in the ARN of a document of AWS's own, in cases and
// policies alike: the simulator takes no such ARN.
const documentsOwner = "000000000000"

// Document names a document of Systems Manager. AWS's own are in no account.
func (p Place) Document(name string) string {
	if strings.HasPrefix(name, "Amazon") || strings.HasPrefix(name, "AWS-") {
		p.Account = documentsOwner
	}
	return p.ARN("ssm", "document/"+name)
}

// Readable returns a policy as the simulator takes it, with the ARNs of Document.
func Readable(policy string) string {
	return strings.ReplaceAll(policy, "::document/", ":"+documentsOwner+":document/")
}

// kindOf returns the kind of an EC2 resource by its id, as ARNs have it.
func kindOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"i": "instance", "vol": "volume", "ami": "image", "sg": "security-group", "subnet": "subnet", "lt": "launch-template",
		"snap": "snapshot", "eni": "network-interface", "cr": "capacity-reservation", "pg": "placement-group", "sir": "spot-instances-request", "key": "key-pair", "vpc": "vpc",
	}[prefix]
}

// ByID names a resource of EC2's by its id alone.
func (p Place) ByID(id string) string { return p.EC2(kindOf(id), id) }
