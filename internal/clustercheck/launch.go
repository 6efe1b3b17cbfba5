package clustercheck

import "slices"

// A narrowing is a list of LeastPrivilege that limits the launches of the head.
type narrowing struct {
	option  string
	allowed []string
	keys    []string // of node_config; a remedy names the first key
	without string   // what Ray does if node_config has none of the keys
}

// narrowings returns the lists that the set declares.
func (c *check) narrowings() []narrowing {
	o := c.options
	all := []narrowing{
		{"InstanceTypes", o.InstanceTypes, []string{"InstanceType"}, withoutInstanceType},
		{"ImageIds", o.ImageIDs, []string{"ImageId"}, withoutImage},
		{"SubnetIds", o.SubnetIDs, []string{"SubnetIds", "SubnetId"}, withoutSubnets},
		{"SecurityGroupIds", o.SecurityGroupIDs, []string{"SecurityGroupIds"}, withoutSecurityGroups},
		{"KeyNames", o.KeyNames, []string{"KeyName"}, withoutKeyPair},
	}
	return slices.DeleteFunc(all, func(n narrowing) bool { return len(n.allowed) == 0 || slices.ContainsFunc(n.allowed, c.unknown) })
}

// launch checks the parameters of the launch with which the head launches a worker.
func (c *check) launch(t nodeType) {
	for _, n := range c.narrowings() {
		c.narrow(t, n)
	}
	if spot := t.config.at("InstanceMarketOptions").at("MarketType"); spot.text() == "spot" && !c.options.Spot {
		c.add(spot, spotNotPermitted, noSpotReason, permitSpot)
	}
	for _, device := range t.config.at("BlockDeviceMappings").items() {
		if snapshot := device.at("Ebs").at("SnapshotId"); snapshot.exists() {
			c.add(snapshot, isGiven, snapshotReason, leaveSnapshotOut)
		}
	}
	for _, spec := range t.config.at("TagSpecifications").items() {
		c.tags(spec)
	}
}

// narrow compares the values of a node type with a list.
func (c *check) narrow(t nodeType, n narrowing) {
	var given []value
	for _, key := range n.keys {
		given = append(given, t.config.at(key).items()...)
	}
	for _, nic := range t.config.at("NetworkInterfaces").items() {
		given = append(given, nic.at(map[string]string{"SubnetIds": "SubnetId", "SecurityGroupIds": "Groups"}[n.option]).items()...)
	}
	if len(given) == 0 && !t.config.at("LaunchTemplate").exists() {
		c.add(t.config.at(n.keys[0]), isMissing, withoutReason(n), oneOf(n))
	}
	for _, v := range given {
		if !slices.Contains(n.allowed, v.text()) {
			c.add(v, notListed(n.option), launchReason, oneOfOrPermit(n))
		}
	}
}

// Images returns the images of the workers that the set permits only if they are public or
// tagged for the cluster, which the YAML does not say. They are sorted; if ImageIds are listed,
// there are none. The error says why the text is not a cluster's YAML.
func Images(text []byte, set Set) ([]string, error) {
	cluster, err := parse(text)
	if err != nil {
		return nil, err
	}
	c := &check{set: set, cluster: cluster, options: set.Properties.LeastPrivilege}
	if c.options == nil || len(c.options.ImageIDs) > 0 {
		return nil, nil
	}
	var images []string
	for _, t := range c.nodeTypes() {
		if image := t.config.at("ImageId").text(); image != "" && !t.head {
			images = append(images, image)
		}
	}
	slices.Sort(images)
	return slices.Compact(images), nil
}
