// Package customresource speaks CloudFormation's custom-resource protocol: it decodes an
// event, keeps its deadline, lets a Resource do the work, and delivers exactly one answer. It
// does not depend on the resource type.
//
// The protocol is described at
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html.
// aws-lambda-go's cfn package has types for it, but its LambdaWrap neither retries
// the answer, nor bounds its size or its time, nor keeps the response URL, which is
// a credential, out of its errors.
package customresource
