// Package customrayiam holds the templates of this repository, so that the command can print
// what their policies say without a copy of them.
package customrayiam

import _ "embed"

// Provider is template.yaml, the provider's stack.
//
//go:embed template.yaml
var Provider []byte

// ServiceCatalog is examples/service-catalog.yaml, with the launch role.
//
//go:embed examples/service-catalog.yaml
var ServiceCatalog []byte
