package properties

// The rules of the faults that the schema finds. A description is the schema's own, of
// the value that it allows.

// everyProperty stands where the path of a property does, for a fault of them all.
const everyProperty = "ResourceProperties"

func unknownProperty(known string) string {
	return "unknown property, the nearest known name is " + known
}

func missing(description string) string { return "is missing: want " + description }

func wanted(description string) string { return "want " + description }

func notJSON(err error) string { return "not JSON: " + err.Error() }

// leaveBlankOut helps where a template has an !If with an empty string in a list.
// https://github.com/aws-cloudformation/cfn-lint/issues/4396
const leaveBlankOut = "a blank element of a list is not allowed: to leave an element out, write !Ref AWS::NoValue in its place"
