package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/fault"
)

const (
	bundleFlag     = "bundle"
	makeBundleFlag = "make-bundle"
)

// checkBundleFlags refuses what a bundle is not asked together with.
func checkBundleFlags(c *cli.Context) error {
	for _, pair := range [][2]string{{bundleFlag, makeBundleFlag}, {bundleFlag, "wheels"},
		{bundleFlag, "where"}, {makeBundleFlag, "where"}, {makeBundleFlag, "no-gpu"}} {
		if c.IsSet(pair[0]) && c.IsSet(pair[1]) {
			return fault.New(fault.Usage, "--%s and --%s exclude each other", pair[0], pair[1])
		}
	}
	if c.IsSet("program") && !c.IsSet(makeBundleFlag) {
		return fault.New(fault.Usage, "--program is for --%s", makeBundleFlag)
	}
	for _, name := range []string{bundleFlag, makeBundleFlag} {
		if path := c.String(name); c.IsSet(name) && (path == "" || path == "-") {
			return fault.New(fault.Usage, "--%s takes the name of a file, not %q", name, path)
		}
	}
	return nil
}

// makeBundle gathers the named packages in a file. What this machine is does not matter.
func makeBundle(c *cli.Context, names []string, artifacts []assets.Artifact) error {
	path := c.String(makeBundleFlag)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		return fault.New(fault.Output, "%s is there already; delete it, or name another file", path)
	}
	progress := newDownloads(c.App.ErrWriter)
	pack, _, insists, err := askedPack(c, names)
	if err != nil {
		return err
	}
	if insists {
		pack = cmp.Or(pack, assets.Packs[0])
		progress.line(fmt.Sprintf("for a GPU: libraries of %s, for drivers from %d on", pack.Name(),
			pack.Driver))
		artifacts = append(artifacts, pack.Artifacts...)
	}
	at, err := bundleTime()
	if err != nil {
		return err
	}
	err = assets.WriteBundle(c.Context, path,
		assets.BundleContent{Artifacts: artifacts, Program: c.String("program"), Time: at},
		assets.Options{WheelDir: c.String("wheels"), Offline: c.Bool("offline"),
			Progress: progress.line, Bytes: progress.bytes})
	if err == nil {
		if info, statErr := os.Stat(path); statErr == nil {
			progress.line(fmt.Sprintf("%s: %.1f MB; there run: musc setup --bundle %[1]s", path,
				float64(info.Size())/1e6))
		}
	}
	progress.finish(err)
	return err
}

// bundleTime is the time of all files in a bundle: $SOURCE_DATE_EPOCH, else a fixed one, as the same
// content is to be the same bytes.
func bundleTime() (time.Time, error) {
	const variable = "SOURCE_DATE_EPOCH"
	text := os.Getenv(variable)
	if text == "" {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds >= 1<<33 { // what a tar header holds
		return time.Time{}, fault.New(fault.Usage, "$%s is %q: it counts the seconds since 1970",
			variable, text)
	}
	return time.Unix(seconds, 0), nil
}

// setUpFromBundle installs what was asked for, or all that the bundle has and this machine uses.
func setUpFromBundle(c *cli.Context, names []string) (err error) {
	if slices.Contains(names, "demo") {
		return fault.New(fault.Usage, "no bundle holds %s (%s); with a network run: musc setup demo",
			assets.Demo.Title, assets.Demo.Licence)
	}
	bundle, err := assets.OpenBundle(c.String(bundleFlag))
	if err != nil {
		return err
	}
	defer bundle.Close()
	progress := newDownloads(c.App.ErrWriter)
	defer func() { progress.finish(err) }()
	pack, why, err := choosePackOf(c, names, bundle)
	if err != nil {
		return err
	}
	if why != "" {
		progress.line(why)
	}
	if c.NArg() == 0 {
		var lacking []string
		if names, lacking = inBundle(bundle); len(lacking) > 0 {
			progress.line(fmt.Sprintf("%s holds no %s", c.String(bundleFlag), strings.Join(lacking, ", no ")))
		}
		if len(names) == 0 && pack == nil {
			return fault.New(fault.Setup, "%s holds nothing that musc sets up here; make another with: %s FILE",
				c.String(bundleFlag), assets.MakeBundle)
		}
	}
	artifacts, err := namedArtifacts(names)
	if err != nil {
		return err
	}
	if pack != nil {
		artifacts = append(artifacts, pack.Artifacts...)
	}
	err = assets.Ensure(c.Context, artifacts,
		assets.Options{Bundle: bundle, Progress: progress.line})
	if err != nil {
		return err
	}
	cache, err := assets.Cache()
	if err != nil {
		return err
	}
	if pack != nil && !slices.Contains(names, "gpu") {
		names = append(slices.Clone(names), "gpu")
	}
	progress.line(fmt.Sprintf("from %s there is now in %s: %s", c.String(bundleFlag), cache,
		strings.Join(names, ", ")))
	return nil
}

// inBundle are the usual names that the bundle has, and those that are neither in it nor in the cache.
func inBundle(bundle *assets.Bundle) (names, lacking []string) {
	for _, name := range usual {
		artifact := pinned[name].artifact
		if bundle.Has(artifact) {
			names = append(names, name)
		} else if _, err := assets.Path(artifact, ""); err != nil {
			lacking = append(lacking, name)
		}
	}
	return names, lacking
}

// choosePackOf is choosePack among the packs of a bundle.
func choosePackOf(c *cli.Context, names []string, bundle *assets.Bundle) (pack *assets.Pack, why string,
	err error) {
	packs := bundle.Packs()
	named, asked, insists, err := askedPack(c, names)
	if named != nil && !slices.Contains(packs, named) {
		return nil, "", lacksPack(c.String(bundleFlag), "of "+named.Name(), named)
	}
	if err != nil || named != nil || !asked {
		return named, "", err
	}
	driver, problem := cuda.FindDriver()
	return packForDriver(c.String(bundleFlag), packs, driver, problem, insists)
}

// packForDriver is the newest of a bundle's packs that the driver runs, as cuda.FindDriver found it;
// without a driver, the newest for those who insist. why and the error are as those of
// resolve.ChoosePack.
func packForDriver(bundle string, packs []*assets.Pack, driver cuda.Driver, problem error,
	insists bool) (pack *assets.Pack, why string, err error) {
	switch {
	case problem != nil && !insists && len(packs) > 0:
		return nil, fmt.Sprintf("what %s holds for a GPU stays in it: %v (the name gpu insists)", bundle,
			problem), nil
	case problem != nil && !insists:
		return nil, "", nil
	case driver.CUDA == 0 && len(packs) > 0:
		pack = packs[0]
		return pack, fmt.Sprintf("no NVIDIA driver tells which libraries it runs; these are of %s, for "+
			"drivers from %d on", pack.Name(), pack.Driver), nil
	}
	for _, pack := range packs {
		if driver.CUDA >= pack.CUDA {
			return pack, fmt.Sprintf("%s: libraries of %s", driver, pack.Name()), nil
		}
	}
	wanted := assets.PackFor(driver.CUDA)
	switch {
	case driver.CUDA == 0:
		err = lacksPack(bundle, "for a GPU", assets.Packs[0])
	case wanted == nil:
		oldest := assets.Packs[len(assets.Packs)-1]
		err = fault.New(fault.Setup, "%s is too old for a backbone on the GPU: it takes %d or newer; "+
			"install a newer one", driver, oldest.Driver)
	default:
		err = lacksPack(bundle, fmt.Sprintf("for the GPU here (%s)", driver), wanted)
	}
	if insists {
		return nil, "", err
	}
	return nil, err.Error(), nil
}

// lacksPack says what a bundle does not hold and how to make one that does.
func lacksPack(bundle, what string, pack *assets.Pack) error {
	return fault.New(fault.Setup, "%s holds no libraries %s; make another with: %s FILE --cuda %d", bundle,
		what, assets.MakeBundle, pack.CUDA/1000)
}
