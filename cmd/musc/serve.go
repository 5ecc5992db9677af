package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/serve"
)

func serveCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "bank", Category: categoryInput,
			Usage: "the `FILE` of musc bank build, by which photos are scored (required)"},
		&cli.StringFlag{Name: "listen", Category: categoryServer, Value: "127.0.0.1:8080",
			Usage: "the `ADDRESS`, HOST:PORT or unix:PATH; port 0 is any that is free"},
		&cli.StringFlag{Name: "token-file", Category: categoryServer,
			Usage: "photos are scored, and metrics told, only for who sends the token in this `FILE`"},
		&cli.StringSliceFlag{Name: "host", Category: categoryServer,
			Usage: "a further `NAME` by which the server may be asked for; may be repeated"},
		&cli.StringFlag{Name: "max-body", Category: categoryServer, Value: "64M",
			Usage: "refuse photos of more bytes"},
		&cli.IntFlag{Name: "max-pixels", Category: categoryServer, DefaultText: "the bank's",
			Usage: "refuse photos of more pixels"},
		&cli.DurationFlag{Name: "timeout", Category: categoryServer, Value: 30 * time.Second,
			Usage: "what a request may take, from its first byte to its answer"},
		&cli.IntFlag{Name: "queue", Category: categoryServer, Value: 32,
			Usage: "how many photos may wait to be scored"},
		&cli.DurationFlag{Name: "grace", Category: categoryServer, Value: 30 * time.Second,
			Usage: "what requests that are under way may take when the server is stopped"},
	}
	return &cli.Command{
		Name:  "serve",
		Usage: "score photos that are sent over HTTP, by a bank of good ones",
		Description: `POST a photo to /v1/score and get its score, verdict, regions and map as JSON. /openapi.json
describes it, / is a page to try it, /healthz and /metrics are for who watches over it.
Only this machine can reach it unless --listen says otherwise. Ctrl-C finishes what is under way.

Examples:
   musc serve --bank product.musc
   curl -F photo=@part.png 'http://127.0.0.1:8080/v1/score?map=png'
   musc serve --bank product.musc --listen 0.0.0.0:8080 --token-file token.txt
   musc serve --bank product.musc --listen unix:/run/musc/product.sock`,
		Flags:        slices.Concat(own, modelFlags(), []cli.Flag{batchFlag()}, machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       serveBank,
	}
}

const categoryServer = "SERVER"

// serverOf reads the server's limits.
func serverOf(c *cli.Context) (opts serve.Options, err error) {
	opts = serve.Options{Version: version(), Timeout: c.Duration("timeout"), Queue: c.Int("queue"),
		Workers: runtime.GOMAXPROCS(0) + 1, Log: logOf(c.App).beside(c.App.ErrWriter)}
	for _, host := range c.StringSlice("host") {
		opts.Hosts = append(opts.Hosts, strings.ToLower(host))
	}
	if opts.MaxBody, err = parseBytes(c.String("max-body")); err != nil {
		return opts, err
	}
	switch {
	case opts.MaxBody == 0:
		return opts, fault.New(fault.Usage, "--max-body needs a size, such as 64M")
	case opts.Timeout <= 0 || c.Duration("grace") < 0:
		return opts, fault.New(fault.Usage, "--timeout must be more than 0, and --grace not less")
	case opts.Queue < 0 || c.Int("max-pixels") < 0:
		return opts, fault.New(fault.Usage, "--queue and --max-pixels cannot be negative")
	}
	if path := c.String("token-file"); path != "" {
		opts.Token, err = serve.ReadToken(path)
	}
	return opts, err
}

func serveBank(c *cli.Context) error {
	path, err := require(c, "bank", "serve --bank product.musc")
	if err != nil {
		return err
	}
	if c.NArg() > 0 {
		return fault.New(fault.Usage, "musc serve takes no photos: they are sent to it; see musc serve --help")
	}
	opts, err := serverOf(c)
	if err != nil {
		return err
	}
	b, job, err := inspectorJob(c, path)
	if err != nil {
		return err
	}
	defer b.Close()
	job.SpillInto = os.TempDir()
	listener, exposure, err := serve.Listen(c.String("listen"))
	if err != nil {
		return err
	}
	opts.Local = exposure
	if err := tellServing(c, serve.URL(listener), path, opts); err != nil {
		listener.Close()
		return err
	}
	observer, finish := newObserver(c, true)
	server := serve.New(opts)
	cut, err := server.Run(c.Context, listener, c.Duration("grace"), func(ctx context.Context) (
		serve.Loaded, error) {
		inspector, err := engine.OpenInspector(ctx, job, observer)
		finish()
		if err != nil {
			return serve.Loaded{}, err
		}
		return serve.ByBank(inspector, &job)
	})
	if cut > 0 {
		fmt.Fprintf(c.App.ErrWriter, "musc: stopped after --grace; %d photos were left undone\n", cut)
	}
	return err
}

// tellServing says where the server is, and who can reach it.
func tellServing(c *cli.Context, address, path string, opts serve.Options) error {
	logOf(c.App).info("serving", "address", address, "bank", path)
	if opts.Local == serve.Network && opts.Token == "" {
		fmt.Fprintln(c.App.ErrWriter, "musc: warning: whoever can reach this machine can have photos scored, and "+
			"nobody is asked who they are; give --token-file, or --listen 127.0.0.1:8080")
	}
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(map[string]any{"event": "serving", "address": address})
	}
	_, err := fmt.Fprintf(c.App.Writer, "photos are scored by %s at %s (Ctrl-C ends it)\n", path, address)
	return err
}
