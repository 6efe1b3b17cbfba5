package cloudformation

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// Resources answers the calls DescribeStacks, DescribeStackResource and
// DescribeStackResources. A test sets the status of each stack and resource. Of any other
// stack, the answer says that it does not exist.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
type Resources struct {
	URL string

	server *httptest.Server

	mu     sync.Mutex
	state  map[[2]string][2]string // stack id and logical id to status and physical id
	status map[string]string       // of stacks, by id
	parent map[string]string       // id of the stack that a stack is nested in, by the nested stack's id
	asked  int
	mute   bool
}

// NewResources starts a server on a free port of 127.0.0.1.
func NewResources() *Resources {
	r := &Resources{state: map[[2]string][2]string{}, status: map[string]string{}, parent: map[string]string{}}
	r.server = httptest.NewServer(r)
	r.URL = r.server.URL
	return r
}

// Close ends the server.
func (r *Resources) Close() {
	r.server.CloseClientConnections()
	r.server.Close()
}

// Set sets the status and the physical id of a resource.
func (r *Resources) Set(stackID, logicalID, status, physicalID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[[2]string{stackID, logicalID}] = [2]string{status, physicalID}
}

// SetStack sets the status of a stack.
func (r *Resources) SetStack(stackID, status string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status[stackID] = status
}

// Nest makes a stack a nested stack of another one.
func (r *Resources) Nest(stackID, parentID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parent[stackID] = parentID
}

// Forget makes the stack not exist any more.
func (r *Resources) Forget(stackID, logicalID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.state, [2]string{stackID, logicalID})
}

// Silence makes every later call fail without an answer.
func (r *Resources) Silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute = true
}

// Asked returns the number of calls so far.
func (r *Resources) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// ServeHTTP answers one call.
func (r *Resources) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.asked++
	mute, stack, status, parent := r.mute, r.stack(req.FormValue("StackName")), r.status[req.FormValue("StackName")], r.parent[req.FormValue("StackName")]
	r.mu.Unlock()
	if mute {
		<-req.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	switch logicalID := req.FormValue("LogicalResourceId"); {
	case req.FormValue("Action") == "DescribeStacks" && status == "":
		refuse(w, fmt.Sprintf("Stack with id %s does not exist", req.FormValue("StackName")))
	case req.FormValue("Action") == "DescribeStacks":
		fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackId>%s</StackId><StackName>stack</StackName><StackStatus>%s</StackStatus>%s<CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
			escaped(req.FormValue("StackName")), status, nestedIn(parent))
	case !slices.Contains([]string{"DescribeStackResource", "DescribeStackResources"}, req.FormValue("Action")):
		refuse(w, "no such question here: "+req.FormValue("Action"))
	case len(stack) == 0:
		refuse(w, fmt.Sprintf("Stack '%s' does not exist", req.FormValue("StackName")))
	case req.FormValue("Action") == "DescribeStackResources":
		fmt.Fprint(w, `<DescribeStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackResourcesResult><StackResources>`)
		for _, id := range slices.Sorted(maps.Keys(stack)) {
			fmt.Fprintf(w, "<member>%s<Timestamp>2026-01-02T03:04:05Z</Timestamp></member>", member(req, id, stack[id]))
		}
		fmt.Fprint(w, "</StackResources></DescribeStackResourcesResult></DescribeStackResourcesResponse>")
	case stack[logicalID] == [2]string{}:
		refuse(w, fmt.Sprintf("Resource %s does not exist for stack %s", logicalID, req.FormValue("StackName")))
	default:
		fmt.Fprintf(w, `<DescribeStackResourceResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackResourceResult><StackResourceDetail>%s<LastUpdatedTimestamp>2026-01-02T03:04:05Z</LastUpdatedTimestamp></StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>`,
			member(req, logicalID, stack[logicalID]))
	}
}

// stack returns the status and the physical id of a stack's resources, by logical id.
func (r *Resources) stack(id string) map[string][2]string {
	states := map[string][2]string{}
	for key, state := range r.state {
		if key[0] == id {
			states[key[1]] = state
		}
	}
	return states
}

func nestedIn(parentID string) string {
	if parentID == "" {
		return ""
	}
	return fmt.Sprintf("<ParentId>%s</ParentId>", escaped(parentID))
}

func refuse(w http.ResponseWriter, message string) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>%s</Message></Error></ErrorResponse>", escaped(message))
}

func member(req *http.Request, logicalID string, state [2]string) string {
	return fmt.Sprintf("<StackId>%s</StackId><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceStatus>%s</ResourceStatus><ResourceType>Custom::RayIAM</ResourceType>",
		escaped(req.FormValue("StackName")), escaped(logicalID), escaped(state[1]), state[0])
}

type escaped string

func (e escaped) Format(f fmt.State, _ rune) { _ = xml.EscapeText(f, []byte(e)) }
