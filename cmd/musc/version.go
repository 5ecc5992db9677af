package main

import "runtime/debug"

// release is the version of musc, the first heading of docs/changelog.md.
const release = "0.9.0"

// version is the release and the commit that the binary was built from, where Go knows it:
// "0.9.0 (commit 0123456789ab)", with "+changes" after a commit that the tree differed from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	return release + commitOf(info.Settings)
}

func commitOf(settings []debug.BuildSetting) string {
	revision, changes := "", ""
	for _, setting := range settings {
		switch {
		case setting.Key == "vcs.revision" && len(setting.Value) >= 12:
			revision = setting.Value[:12]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changes = "+changes"
		}
	}
	if revision == "" {
		return ""
	}
	return " (commit " + revision + changes + ")"
}
