package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes, for scripts.
const (
	nothingToDo = 0
	failed      = 1
	somethingTo = 2 // a plan with changes, a check with findings, drift, orphaned sets
)

// errSomething ends a command that has printed changes, findings or sets, with the exit code
// somethingTo.
var errSomething = errors.New("there is something to do")

// errPrinted ends a command that has already printed its error.
var errPrinted = errors.New("failed")

// An app is the command with its input, outputs, environment and flags.
type app struct {
	in       *os.File
	out, err *os.File
	getenv   func(string) string

	// The flags of every command.
	profile, region, endpoint, output string
	timeout                           time.Duration
	debug                             bool
}

// run carries out one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return nothingToDo
	case errors.Is(err, errSomething):
		return somethingTo
	case errors.Is(err, errPrinted):
		return failed
	default:
		fmt.Fprintln(a.err, a.errorPaint()('-', "rayiam: "+err.Error()))
		return failed
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rayiam",
		Short: "Show the plans, policies, drift and orphaned sets of Custom::RayIAM",
		Long: `rayiam shows what requests for the CloudFormation resource Custom::RayIAM would change, which
policies they would generate, and which roles have drifted or belong to no stack. It shares
the code of the provider's function. Only orphans --delete changes anything in AWS.

It finds credentials, Region and endpoints as the AWS CLI does: by --profile, --region and
--endpoint-url, the environment, the shared configuration with SSO, and instance roles.

Exit codes: 0 for nothing to do, 2 for changes or findings, 1 for an error.`,
		Example: `  rayiam plan --stack-name ray --change-set add-gpu-workers
  rayiam policy head --properties properties.yaml --account 123456789012 --region eu-west-1
  rayiam check --stack-name ray cluster.yaml
  rayiam graph --stack-name ray --format svg >set.svg
  rayiam list
  rayiam drift
  rayiam orphans`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkFlags() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.profile, "profile", "", "profile of the shared AWS configuration")
	flags.StringVar(&a.region, "region", "", "AWS Region")
	flags.StringVar(&a.endpoint, "endpoint-url", "", "address of all calls instead of AWS's endpoints")
	flags.StringVarP(&a.output, "output", "o", "text", "text or json")
	flags.DurationVar(&a.timeout, "timeout", time.Minute, "how long calls to AWS may take in all")
	flags.BoolVar(&a.debug, "debug", false, "write each call to AWS to standard error")
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.AddCommand(a.plan(), a.policy(), a.check(), a.graph(), a.list(), a.drift(), a.orphans(), a.schema(), a.version())
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}

func (a *app) checkFlags() error {
	if a.output != "text" && a.output != "json" {
		return wants("output", a.output, "text or json")
	}
	return nil
}
