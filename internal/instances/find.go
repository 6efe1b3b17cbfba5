package instances

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// An Instance is an EC2 instance that has an instance profile.
type Instance struct {
	ID      string
	Region  string
	Cluster string // its tag ray-cluster-name; empty for none
	Profile string // the ARN of its instance profile
}

// clusterTag is Ray's tag for the cluster that an instance belongs to.
const clusterTag = "ray-cluster-name"

// statesInUse are the states of an instance that needs its profile, now or when it starts
// again: Ray stops nodes and reuses them.
var statesInUse = []string{"pending", "running", "stopping", "stopped"}

// pageSize is the most that EC2 lists in one answer.
const pageSize = 1000

// Find returns the instances that have one of the instance profiles, by ARN, in these Regions,
// and that are not terminated: sorted by Region, cluster and id. It asks all Regions at once,
// for a minute or a quarter of the time of ctx, and gives up on a Region that does not answer
// at all after ten seconds or half of that time. The error joins the errors of the Regions in
// which EC2 could not be asked. Find also returns the instances in the other Regions then.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
func (r *Reader) Find(ctx context.Context, regions, profiles []string) ([]Instance, error) {
	look, silence := limits(ctx)
	ctx, cancel := context.WithTimeout(ctx, look)
	defer cancel()
	found, errs := make([][]Instance, len(regions)), make([]error, len(regions))
	var all sync.WaitGroup
	for i, region := range regions {
		all.Go(func() {
			var err error
			if found[i], err = r.findIn(ctx, silence, region, profiles); err != nil {
				errs[i] = notAsked(region, err)
			}
		})
	}
	all.Wait()
	instances := slices.Concat(found...)
	slices.SortFunc(instances, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID))
	})
	return instances, errors.Join(errs...)
}

// findIn reads every page of one Region. With an error it also returns the instances of
// earlier pages.
func (r *Reader) findIn(ctx context.Context, silence time.Duration, region string, profiles []string) ([]Instance, error) {
	var found []Instance
	input := &ec2.DescribeInstancesInput{
		Filters: []types.Filter{
			{Name: aws.String("iam-instance-profile.arn"), Values: profiles},
			{Name: aws.String("instance-state-name"), Values: statesInUse},
		},
		MaxResults: aws.Int32(pageSize),
	}
	for {
		var page *ec2.DescribeInstancesOutput
		err := r.repeat(ctx, silence, func(ctx context.Context) (err error) {
			page, err = r.client.DescribeInstances(ctx, input, in(region))
			return err
		})
		if err != nil {
			return found, err
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				profile := profileOf(instance)
				if slices.Contains(profiles, profile) {
					found = append(found, Instance{ID: aws.ToString(instance.InstanceId), Region: region, Cluster: clusterOf(instance), Profile: profile})
				}
			}
		}
		if input.NextToken = page.NextToken; aws.ToString(page.NextToken) == "" {
			return found, nil
		}
	}
}

// profileOf returns the ARN of an instance's profile. EC2 has filtered by it, but an emulator
// may ignore that filter.
func profileOf(instance types.Instance) string {
	if instance.IamInstanceProfile == nil {
		return ""
	}
	return aws.ToString(instance.IamInstanceProfile.Arn)
}

func clusterOf(instance types.Instance) string {
	for _, tag := range instance.Tags {
		if aws.ToString(tag.Key) == clusterTag {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
