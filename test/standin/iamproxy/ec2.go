package iamproxy

import (
	"fmt"
	"net/http"
	"time"
)

// EC2's errors have another XML form than IAM's.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

// EC2Answer answers an error of EC2's instead of making the call.
func EC2Answer(status int, code, message string) Effect {
	return Effect{Instead: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>injected</RequestID></Response>", code, message)
	}}
}

// EC2Throttled answers that there are too many calls.
func EC2Throttled() Effect {
	return EC2Answer(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
}

// EC2Denied answers that the caller is not authorized.
func EC2Denied() Effect {
	return EC2Answer(http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation.")
}

// EC2RegionOff answers as EC2 does in a Region that the account has not enabled.
func EC2RegionOff() Effect {
	return EC2Answer(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
}

// EC2Late answers that EC2 does not know the instance profile, until delay has passed since
// the first dry run. Later dry runs are denied: the profile is known then.
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

// EC2Unknown answers a launch with an instance profile that EC2 does not know.
func EC2Unknown(profile string) Effect {
	return EC2Answer(http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf("Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", profile))
}

// EC2WithoutRole answers a launch with an instance profile whose role EC2 does not know.
func EC2WithoutRole(profile string) Effect {
	return EC2Answer(http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf("IAM Instance Profile &quot;%s&quot; has no associated IAM Roles", profile))
}
