package cloudformation

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Resources answers whoever asks CloudFormation how a resource of a stack stands, as
// DescribeStackResource does. A test says how it stands; of any other resource it
// answers that the stack does not exist.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
type Resources struct {
	URL string

	server *httptest.Server

	mu    sync.Mutex
	state map[[2]string][2]string // stack id and logical id to status and physical id
	asked int
	mute  bool
}

// NewResources starts a server on a free port of 127.0.0.1.
func NewResources() *Resources {
	r := &Resources{state: map[[2]string][2]string{}}
	r.server = httptest.NewServer(r)
	r.URL = r.server.URL
	return r
}

// Close ends the server.
func (r *Resources) Close() {
	r.server.CloseClientConnections()
	r.server.Close()
}

// Set says how a resource stands from now on.
func (r *Resources) Set(stackID, logicalID, status, physicalID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[[2]string{stackID, logicalID}] = [2]string{status, physicalID}
}

// Forget has the stack not exist any more.
func (r *Resources) Forget(stackID, logicalID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.state, [2]string{stackID, logicalID})
}

// Silence has nobody answered from now on.
func (r *Resources) Silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute = true
}

// Asked returns how often somebody has asked.
func (r *Resources) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// ServeHTTP answers one question.
func (r *Resources) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	stackID, logicalID := req.FormValue("StackName"), req.FormValue("LogicalResourceId")
	r.mu.Lock()
	r.asked++
	state, known := r.state[[2]string{stackID, logicalID}]
	mute := r.mute
	r.mu.Unlock()
	if mute {
		<-req.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	if req.FormValue("Action") != "DescribeStackResource" || !known {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack '%s' does not exist</Message></Error></ErrorResponse>", escaped(stackID))
		return
	}
	fmt.Fprintf(w, `<DescribeStackResourceResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackResourceResult><StackResourceDetail>
<StackId>%s</StackId><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceStatus>%s</ResourceStatus>
<ResourceType>Custom::RayIAM</ResourceType><LastUpdatedTimestamp>2026-01-02T03:04:05Z</LastUpdatedTimestamp>
</StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>`, escaped(stackID), escaped(logicalID), escaped(state[1]), state[0])
}

type escaped string

func (e escaped) Format(f fmt.State, _ rune) { _ = xml.EscapeText(f, []byte(e)) }
