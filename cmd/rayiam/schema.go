package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ray-iam/custom-rayiam/internal/planview"
	"github.com/ray-iam/custom-rayiam/schema"
)

func (a *app) schema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of the properties",
		Long:    "schema prints the JSON Schema (draft 2020-12) of the properties of Custom::RayIAM,\nwhich the function, the linter's rule and editors check them against.",
		Example: "  rayiam schema >custom-rayiam.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(schema.Properties)
			return err
		},
	}
}

// A build has the version of this executable.
type build struct {
	Version  string `json:"version"`  // of the module, or (devel)
	Revision string `json:"revision"` // of the checkout; empty if it was built without one
	Modified bool   `json:"modified"` // the checkout had changes
	Go       string `json:"go"`
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this command",
		Example: "  rayiam version\n  rayiam version --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return a.print(b, func(planview.Paint) string {
				text := "rayiam " + b.Version
				if b.Revision != "" {
					text += " " + b.Revision
				}
				if b.Modified {
					text += " with changes"
				}
				return fmt.Sprintf("%s, %s\n", text, b.Go)
			})
		},
	}
}

func thisBuild() build {
	found, ok := debug.ReadBuildInfo()
	if !ok {
		return build{Version: "(unknown)"}
	}
	b := build{Version: found.Main.Version, Go: found.GoVersion}
	for _, s := range found.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
