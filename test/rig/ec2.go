package rig

import (
	"context"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Launched are instances that a test has launched. They are terminated when the test ends.
type Launched struct {
	account *Account
	client  *ec2.Client
	IDs     []string
}

// Launch launches n instances with an instance profile in a Region, tagged as nodes of this
// Ray cluster; not tagged if cluster is empty.
func (a *Account) Launch(region, profile, cluster string, n int) *Launched {
	a.TB.Helper()
	l := &Launched{account: a, client: a.ec2(region)}
	input := &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12345678"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: &profile},
	}
	if cluster != "" {
		input.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("ray-cluster-name"), Value: &cluster}}}}
	}
	for range n { // one at a time: moto gives the profile only to the first instance of a launch
		out, err := l.client.RunInstances(background, input)
		a.must(nil, err)
		l.IDs = append(l.IDs, aws.ToString(out.Instances[0].InstanceId))
	}
	slices.Sort(l.IDs)
	a.TB.Cleanup(l.Terminate)
	return l
}

// ec2 returns an EC2 client for a Region that reaches the account without going through a
// proxy.
func (a *Account) ec2(region string) *ec2.Client {
	return ec2.New(ec2.Options{
		Region: region, BaseEndpoint: &a.Endpoint, Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: addHeader(a.Header())},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// Stop stops the instances.
func (l *Launched) Stop() {
	l.account.TB.Helper()
	l.account.must(l.client.StopInstances(background, &ec2.StopInstancesInput{InstanceIds: l.IDs}))
}

// Terminate terminates the instances.
func (l *Launched) Terminate() {
	l.account.TB.Helper()
	l.account.must(l.client.TerminateInstances(background, &ec2.TerminateInstancesInput{InstanceIds: l.IDs}))
}

// Terminate terminates instances in a Region.
func (a *Account) Terminate(region string, ids ...string) {
	a.TB.Helper()
	a.must(a.ec2(region).TerminateInstances(background, &ec2.TerminateInstancesInput{InstanceIds: ids}))
}
