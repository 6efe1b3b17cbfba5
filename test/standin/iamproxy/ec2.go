package iamproxy

import (
	"fmt"
	"net/http"
	"time"
)

// EC2's errors have another form than IAM's.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

// EC2Answer answers with an error of EC2's in place of making the call.
func EC2Answer(status int, code, message string) Effect {
	return Effect{Instead: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>injected</RequestID></Response>", code, message)
	}}
}

// EC2Throttled, EC2Denied and EC2RegionOff are EC2's answers to a caller that asks too often,
// that may not ask, and in a Region that the account has not switched on.
func EC2Throttled() Effect {
	return EC2Answer(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
}

// EC2Denied: see EC2Throttled.
func EC2Denied() Effect {
	return EC2Answer(http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation.")
}

// EC2RegionOff: see EC2Throttled.
func EC2RegionOff() Effect {
	return EC2Answer(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
}

// EC2Late has EC2 not know any instance profile until delay has passed since it was first
// asked for one, and then not allow the dry run.
func EC2Late(delay time.Duration) Fault {
	first := map[string]time.Time{}
	return func(c Call) Effect {
		if c.Action != "RunInstances" {
			return Effect{}
		}
		profile := c.Form.Get("IamInstanceProfile.Arn")
		if _, asked := first[profile]; !asked {
			first[profile] = time.Now()
		}
		if time.Since(first[profile]) < delay {
			return EC2Unknown(profile)
		}
		return EC2Denied()
	}
}

// EC2Unknown is EC2's answer to a launch with an instance profile that it does not know.
func EC2Unknown(profile string) Effect {
	return EC2Answer(http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf("Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", profile))
}

// EC2WithoutRole is EC2's answer to a launch with an instance profile whose role it does not
// know.
func EC2WithoutRole(profile string) Effect {
	return EC2Answer(http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf("IAM Instance Profile &quot;%s&quot; has no associated IAM Roles", profile))
}
