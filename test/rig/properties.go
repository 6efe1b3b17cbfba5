package rig

// Groups returns the value of the property WorkerGroups with groups of these names.
func Groups(names ...string) []any {
	var list []any
	for _, name := range names {
		list = append(list, map[string]any{"Name": name})
	}
	return list
}
