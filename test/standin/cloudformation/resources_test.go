package cloudformation

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestResources checks the answers about a resource that is known, about one that is not,
// and to any other call.
func TestResources(t *testing.T) {
	r := NewResources()
	defer r.Close()
	r.Set("stack&1", "A", "CREATE_FAILED", "id<1>")
	r.Set("stack&1", "Gone", "CREATE_FAILED", "")
	r.Forget("stack&1", "Gone")
	r.SetStack("stack&1", "ROLLBACK_IN_PROGRESS")
	r.SetStack("nested", "DELETE_IN_PROGRESS")
	r.Nest("nested", "stack&1")
	tests := []struct {
		action, stack, logicalID string
		status                   int
		want                     string
	}{
		{"DescribeStackResource", "stack&1", "A", http.StatusOK, "<PhysicalResourceId>id&lt;1&gt;</PhysicalResourceId><ResourceStatus>CREATE_FAILED</ResourceStatus>"},
		{"DescribeStackResource", "stack&1", "Gone", http.StatusBadRequest, "Resource Gone does not exist for stack stack&amp;1"},
		{"DescribeStackResource", "stack&2", "A", http.StatusBadRequest, "Stack &#39;stack&amp;2&#39; does not exist"},
		{"DescribeStackResources", "stack&1", "", http.StatusOK, "<LogicalResourceId>A</LogicalResourceId><PhysicalResourceId>id&lt;1&gt;</PhysicalResourceId><ResourceStatus>CREATE_FAILED</ResourceStatus>"},
		{"DescribeStackResources", "stack&2", "", http.StatusBadRequest, "Stack &#39;stack&amp;2&#39; does not exist"},
		{"DescribeStacks", "stack&1", "", http.StatusOK, "<StackStatus>ROLLBACK_IN_PROGRESS</StackStatus>"},
		{"DescribeStacks", "nested", "", http.StatusOK, "<StackStatus>DELETE_IN_PROGRESS</StackStatus><ParentId>stack&amp;1</ParentId>"},
		{"DescribeStacks", "stack&2", "", http.StatusBadRequest, "Stack with id stack&amp;2 does not exist"},
		{"DeleteStack", "stack&1", "A", http.StatusBadRequest, "ValidationError"},
	}
	for i, tt := range tests {
		resp, err := http.PostForm(r.URL, url.Values{"Action": {tt.action}, "StackName": {tt.stack}, "LogicalResourceId": {tt.logicalID}})
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.want) || r.Asked() != i+1 {
			t.Errorf("%s of %s in %s: status %d, body %s, after %d calls; want status %d, a body with %s", tt.action, tt.logicalID, tt.stack, resp.StatusCode, body, r.Asked(), tt.status, tt.want)
		}
	}
}
