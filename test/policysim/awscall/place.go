package awscall

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/test/policysim"
)

// A Place is the account and the Region that calls go to.
type Place struct {
	Account, Region string
	Kind            string // kind of node of an instance whose tags and call do not say it, such as "head"
}

// InAccount returns the same Region in another account.
func (p Place) InAccount(account string) Place {
	p.Account = account
	return p
}

// InRegion returns another Region in the same account.
func (p Place) InRegion(region string) Place {
	p.Region = region
	return p
}

// ARN returns the ARN of a resource of the account in the Region.
func (p Place) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// EC2 returns the ARN of an EC2 resource. The ARNs of images and snapshots have no account.
func (p Place) EC2(kind, id string) string {
	if kind == "image" || kind == "snapshot" {
		p.Account = ""
	}
	return p.ARN("ec2", kind+"/"+id)
}

// IAM returns the ARN of a role, an instance profile, a user or a policy.
func (p Place) IAM(kind, name string) string {
	return "arn:aws:iam::" + p.Account + ":" + kind + "/" + name
}

// Role returns the role of a kind of node of the example's cluster,
// examples/ray/cluster.yaml.
func (p Place) Role(kind string) string { return p.IAM("role", "ray-research-"+kind) }

// Profile returns the instance profile of a kind of node of the example's cluster.
func (p Place) Profile(kind string) string { return p.IAM("instance-profile", "ray-research-"+kind) }

// profileOf returns the condition key for the instance profile of an instance that a call
// names.
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

// ProfileOf returns the condition key for the instance profile of an instance with these
// tags.
func (p Place) ProfileOf(t Tags) Keys { return p.profileOf(Call{}, t) }

// Via returns the condition keys of a service, such as "ec2", that uses a KMS key in the
// caller's name.
func (p Place) Via(service string) Keys {
	return Keys{"kms:ViaService": {service + "." + p.Region + ".amazonaws.com"}}
}

// Authorization returns one authorization, without a caller.
func (p Place) Authorization(action, resource string, context Keys) policysim.Case {
	return policysim.Case{
		Name:   fmt.Sprintf("%s on %s with %v", action, resource, context),
		Action: action, Resource: resource, Context: Merge(Keys{"aws:RequestedRegion": {p.Region}}, context),
	}
}

// By returns the cases with a caller: a session of a role in the place's account, with
// these policies. Only the account's own policies decide, whatever account a resource is
// in. The policies of KMS keys let IAM decide.
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

// documentsOwner is the account in the ARN of a document of AWS's own, which really has
// none, because the simulator refuses such an ARN. Cases and policies both use it.
const documentsOwner = "000000000000"

// Document returns the ARN of a document of Systems Manager. AWS's own documents have no
// account.
func (p Place) Document(name string) string {
	if strings.HasPrefix(name, "Amazon") || strings.HasPrefix(name, "AWS-") {
		p.Account = documentsOwner
	}
	return p.ARN("ssm", "document/"+name)
}

// Readable returns a policy in the form that the simulator reads, with the ARNs that
// Document returns.
func Readable(policy string) string {
	return strings.ReplaceAll(policy, "::document/", ":"+documentsOwner+":document/")
}

// kindOf returns the kind of an EC2 resource in the form of ARNs, by the resource's id.
func kindOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"i": "instance", "vol": "volume", "ami": "image", "sg": "security-group", "subnet": "subnet", "lt": "launch-template",
		"snap": "snapshot", "eni": "network-interface", "cr": "capacity-reservation", "pg": "placement-group", "sir": "spot-instances-request", "key": "key-pair", "vpc": "vpc",
	}[prefix]
}

// ByID returns the ARN of an EC2 resource, by the resource's id.
func (p Place) ByID(id string) string { return p.EC2(kindOf(id), id) }
