package main

import (
	"encoding/json"

	"github.com/ray-iam/custom-rayiam/internal/properties"
	"github.com/ray-iam/custom-rayiam/internal/rayiam"
)

// declare checks properties as the function does, within the bounds of the environment.
func (a *app) declare(raw json.RawMessage, stack rayiam.Stack) (declaration, error) {
	checker, err := properties.NewChecker()
	if err != nil {
		return declaration{}, err
	}
	bounds := rayiam.BoundsFromEnvironment(a.getenv)
	p, faults := checker.Read(raw)
	p = bounds.Default(p)
	declared := rayiam.Declare(p, stack)
	if faults = append(faults, declared.Check(bounds)...); len(faults) > 0 {
		return declaration{}, faults
	}
	return declaration{declared, p, stack}, nil
}
