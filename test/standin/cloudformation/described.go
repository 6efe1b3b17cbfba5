package cloudformation

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// Described answers calls to CloudFormation about stacks and change sets, in the form that
// AWS documents: DescribeStacks, ListStackResources, GetTemplate and DescribeChangeSet. It
// is needed because the change sets of MiniStack and moto have no property values. Each
// page of a list has one entry.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
type Described struct {
	URL string

	server *httptest.Server

	mu         sync.Mutex
	stacks     []DescribedStack
	changeSets []ChangeSet
}

// A DescribedStack is a stack that exists.
type DescribedStack struct {
	Name, ID, Template string
	Parameters         map[string]string
	Resources          []ResourceSummary
}

// A ResourceSummary is a resource of a stack.
type ResourceSummary struct{ LogicalID, PhysicalID, Type string }

// A ChangeSet is a change set of a stack.
type ChangeSet struct {
	Name, StackName, StackID, Status string
	Changes                          []ResourceChange
}

// A ResourceChange is the change of one resource. Before and After are its properties as
// JSON, empty if the resource does not exist before or after the change.
type ResourceChange struct {
	ResourceSummary
	Action, PolicyAction, Before, After string
}

// NewDescribed starts a server on a free port of 127.0.0.1.
func NewDescribed() *Described {
	d := &Described{}
	d.server = httptest.NewServer(d)
	d.URL = d.server.URL
	return d
}

// Close ends the server.
func (d *Described) Close() { d.server.Close() }

// AddStack adds a stack.
func (d *Described) AddStack(s DescribedStack) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stacks = append(d.stacks, s)
}

// AddChangeSet adds a change set.
func (d *Described) AddChangeSet(c ChangeSet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changeSets = append(d.changeSets, c)
}

// ServeHTTP answers one call.
func (d *Described) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	action := r.FormValue("Action")
	if action == "DescribeChangeSet" {
		d.changeSet(w, r)
		return
	}
	for _, s := range d.stacks {
		if name := r.FormValue("StackName"); name == s.Name || name == s.ID {
			switch action {
			case "DescribeStacks":
				reply(w, action, s.describe())
			case "ListStackResources":
				reply(w, action, s.list(r.FormValue("NextToken")))
			case "GetTemplate":
				reply(w, action, element("TemplateBody", s.Template))
			default:
				refuse(w, "no such question here: "+action)
			}
			return
		}
	}
	refuse(w, fmt.Sprintf("Stack with id %s does not exist", r.FormValue("StackName")))
}

func (s DescribedStack) describe() string {
	var parameters strings.Builder
	for name, value := range s.Parameters {
		parameters.WriteString(listed(element("ParameterKey", name) + element("ParameterValue", value)))
	}
	return "<Stacks>" + listed(element("StackName", s.Name)+element("StackId", s.ID)+element("StackStatus", "UPDATE_COMPLETE")+
		element("CreationTime", "2026-01-02T03:04:05Z")+"<Parameters>"+parameters.String()+"</Parameters>") + "</Stacks>"
}

func (s DescribedStack) list(token string) string {
	return page(token, len(s.Resources), "StackResourceSummaries", func(i int) string {
		return s.Resources[i].xml() + element("ResourceStatus", "CREATE_COMPLETE") + element("LastUpdatedTimestamp", "2026-01-02T03:04:05Z")
	})
}

func (s ResourceSummary) xml() string {
	return element("LogicalResourceId", s.LogicalID) + element("PhysicalResourceId", s.PhysicalID) + element("ResourceType", s.Type)
}

func (d *Described) changeSet(w http.ResponseWriter, r *http.Request) {
	for _, c := range d.changeSets {
		if c.Name != r.FormValue("ChangeSetName") || c.StackName != r.FormValue("StackName") {
			continue
		}
		values := r.FormValue("IncludePropertyValues") == "true"
		reply(w, "DescribeChangeSet", element("ChangeSetName", c.Name)+element("StackId", c.StackID)+element("StackName", c.StackName)+element("Status", c.Status)+
			page(r.FormValue("NextToken"), len(c.Changes), "Changes", func(i int) string { return c.Changes[i].xml(values) }))
		return
	}
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>ChangeSetNotFound</Code><Message>ChangeSet [%s] does not exist</Message></Error></ErrorResponse>", escaped(r.FormValue("ChangeSetName")))
}

func (c ResourceChange) xml(values bool) string {
	change := element("Action", c.Action) + c.ResourceSummary.xml()
	if c.PolicyAction != "" {
		change += element("PolicyAction", c.PolicyAction)
	}
	if values && c.Before != "" {
		change += element("BeforeContext", `{"Properties":`+c.Before+`}`)
	}
	if values && c.After != "" {
		change += element("AfterContext", `{"Properties":`+c.After+`}`)
	}
	return element("Type", "Resource") + "<ResourceChange>" + change + "</ResourceChange>"
}

// page renders one member of a list and the token of the next.
func page(token string, n int, name string, entry func(int) string) string {
	i, _ := strconv.Atoi(token) // no token asks for the first page
	if i >= n {
		return "<" + name + "/>"
	}
	list := "<" + name + ">" + listed(entry(i)) + "</" + name + ">"
	if i+1 < n {
		list += element("NextToken", strconv.Itoa(i+1))
	}
	return list
}

func reply(w http.ResponseWriter, action, result string) {
	fmt.Fprintf(w, `<%sResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><%sResult>%s</%sResult></%sResponse>`, action, action, result, action, action)
}

func element(name, text string) string {
	if text == "" {
		return ""
	}
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder returns no error
	return "<" + name + ">" + out.String() + "</" + name + ">"
}

func listed(content string) string { return "<member>" + content + "</member>" }
