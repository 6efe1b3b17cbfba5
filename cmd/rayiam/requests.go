package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ray-iam/custom-rayiam/internal/customresource"
	"github.com/ray-iam/custom-rayiam/internal/deployed"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// defaultLogicalID is the logical id if no flag names one.
const defaultLogicalID = "RayIAM"

// requests returns the requests that CloudFormation would send.
func (a *app) requests(ctx context.Context, cfg aws.Config, f planFlags) ([]customresource.Request, error) {
	switch {
	case f.event != "":
		r, err := a.event(f.event)
		return []customresource.Request{r}, err
	case f.changeSet != "":
		return a.changeSet(ctx, cfg, f)
	}
	r, err := a.declared(ctx, cfg, f)
	return []customresource.Request{r}, err
}

// unanswered is the ResponseURL of a request that nobody answers.
const unanswered = "https://response.invalid/"

// event reads an event as the function does. The event may lack fields that only an answer
// needs.
func (a *app) event(file string) (customresource.Request, error) {
	text, err := a.read(file)
	if err != nil {
		return customresource.Request{}, fmt.Errorf("reading an event: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return customresource.Request{}, fmt.Errorf("reading an event from %s: %w", file, err)
	}
	for name, value := range map[string]string{"ResponseURL": unanswered, "RequestId": noID} {
		if _, given := fields[name]; !given {
			fields[name], _ = json.Marshal(value)
		}
	}
	if text, err = json.Marshal(fields); err != nil {
		return customresource.Request{}, fmt.Errorf("reading an event from %s: %w", file, err)
	}
	return customresource.Decode(text)
}

func (a *app) changeSet(ctx context.Context, cfg aws.Config, f planFlags) ([]customresource.Request, error) {
	changes, err := deployed.NewReader(cfg).ChangeSet(ctx, f.stackName, f.changeSet, f.logicalID)
	if err != nil {
		return nil, err
	}
	var requests []customresource.Request
	for _, c := range changes {
		if c.Retained {
			a.note("%s leaves the stack and is retained by its DeletionPolicy: its roles and instance profiles stay as they are", c.Request.LogicalID)
			continue
		}
		requests = append(requests, withToken(c.Request))
	}
	return requests, nil
}

// declared returns the request for properties in a file: an Update if the stack has the
// resource, otherwise a Create.
func (a *app) declared(ctx context.Context, cfg aws.Config, f planFlags) (customresource.Request, error) {
	r := customresource.Request{Type: cfn.RequestCreate, RequestID: noID, ResponseURL: unanswered, LogicalID: f.logicalID}
	if r.LogicalID == "" {
		r.LogicalID = defaultLogicalID
	}
	var err error
	if r.Properties, err = a.properties(f.properties); err != nil {
		return r, err
	}
	if err := a.find(ctx, cfg, f, &r); err != nil {
		return r, err
	}
	r.OldProperties = r.Properties
	if f.old != "" {
		if r.OldProperties, err = a.properties(f.old); err != nil {
			return r, err
		}
	}
	return withToken(r), nil
}

// find sets the stack and the resource of a request.
func (a *app) find(ctx context.Context, cfg aws.Config, f planFlags, r *customresource.Request) error {
	if f.stackName != "" {
		found, err := deployed.NewReader(cfg).Resources(ctx, f.stackName, r.LogicalID)
		switch {
		case err == nil:
			r.StackID, r.PhysicalID = found[0].StackID, found[0].PhysicalID
			r.Type = cfn.RequestUpdate
		case errors.Is(err, deployed.ErrNoResource):
			r.StackID = found[0].StackID
		case !errors.Is(err, deployed.ErrNoStack):
			return err
		}
	}
	if r.StackID == "" {
		a.region = cfg.Region
		if f.stackName == "" {
			f.stackName = "new"
		}
		stack, err := a.stack(ctx, f.place)
		if err != nil {
			return err
		}
		r.StackID = stack.ID
	}
	if f.delete {
		r.Type = cfn.RequestDelete
		if r.PhysicalID == "" {
			r.PhysicalID = rayiam.PhysicalID(namePrefix(r.Properties), r.StackID, r.LogicalID)
		}
	}
	return nil
}

// namePrefix returns the NamePrefix that properties declare.
func namePrefix(raw json.RawMessage) string {
	p := struct{ NamePrefix string }{rayiam.DefaultNamePrefix}
	_ = json.Unmarshal(raw, &p) // a NamePrefix of another form counts as the default
	return p.NamePrefix
}

// withToken sets the ServiceToken of a request that CloudFormation has not sent.
func withToken(r customresource.Request) customresource.Request {
	var p struct{ ServiceToken string }
	_ = json.Unmarshal(r.Properties, &p) // no ServiceToken, no function
	r.ServiceToken, r.RequestID, r.ResponseURL = p.ServiceToken, noID, unanswered
	return r
}
