package properties

// The rules of the faults that the schema finds. A description is the schema's own description
// of the allowed value.

// everyProperty is the path of a fault of all properties together.
const everyProperty = "ResourceProperties"

func unknownProperty(known string) string {
	return "unknown property, the nearest known name is " + known
}

func missing(description string) string { return "is missing: want " + description }

func wanted(description string) string { return "want " + description }

func notJSON(err error) string { return "not JSON: " + err.Error() }

// leaveBlankOut is the rule for a list with an empty string, for example from an !If.
// https://github.com/aws-cloudformation/cfn-lint/issues/4396
const leaveBlankOut = "a blank element of a list is not allowed: to leave an element out, write !Ref AWS::NoValue in its place"
