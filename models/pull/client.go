// Package pull downloads published weights from a hub: over HTTP, resumed where an earlier download
// stopped, checked against a checksum before the file gets its name.
package pull

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"time"

	"musc/engine/fault"
	"musc/models"
)

const (
	// defaultHub is the public hub that the registry's repositories are on.
	defaultHub = "https://huggingface.co"
	// HubVariable names the environment variable with another hub's or a mirror's base URL.
	HubVariable = "MUSC_HUB"

	defaultStall = 60 * time.Second
	maxRedirects = 10
)

// Client downloads from one hub. Its zero value is ready to use.
type Client struct {
	Hub      string                  // base URL; "" means $MUSC_HUB, or else defaultHub
	HTTP     *http.Client            // nil means one of our own
	Stall    time.Duration           // give up when nothing arrives for so long; 0 means a minute
	Progress func(done, total int64) // bytes, called from the caller's goroutine; total -1: unknown
}

var errNotFound = errors.New("no such file on the hub")

// Weights returns the path of a model's weights in folder, and downloads them unless they are
// there. Sources are tried in their order while the hub lacks them. Hub, network and checksum
// errors are a fault.Setup, a full disk is a fault.Output; what has arrived by then is kept and
// resumed by the next call, unless its checksum was wrong.
func (c *Client) Weights(ctx context.Context, spec models.Spec, folder string) (string, error) {
	if path, ok := Find(spec, folder); ok {
		return path, nil
	}
	hub, err := c.hub()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fault.New(fault.Output, "cannot create the folder for weights: %w; choose another "+
			"one with $MUSC_CACHE", err)
	}
	var missing []string
	for _, source := range spec.Sources {
		if source.Repo == "" {
			continue
		}
		address := hub.JoinPath(source.Repo, "resolve", "main", source.File).String()
		target := localPath(spec, source, folder)
		err := c.fetch(ctx, address, target, source.SHA256)
		if err == nil {
			return target, nil
		}
		if !errors.Is(err, errNotFound) {
			return "", fmt.Errorf("downloading the weights of %s: %w", spec.Name, err)
		}
		missing = append(missing, redacted(address))
	}
	if len(missing) == 0 {
		return "", fault.New(fault.Setup, "model %s is not on a hub: its weights are a part of a "+
			"package; run: musc setup", spec.Name)
	}
	return "", fault.New(fault.Setup, "the hub has no weights of %s (asked for %s); check $%s, or "+
		"place a .safetensors file at %s yourself", spec.Name, missing, HubVariable,
		localPath(spec, models.Source{File: missing[0]}, folder))
}

// Find returns where a model's weights are in folder, if they are there.
func Find(spec models.Spec, folder string) (path string, ok bool) {
	for _, source := range spec.Sources {
		path := localPath(spec, source, folder)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// localPath is folder/NAME.safetensors or folder/NAME.open_clip_model.safetensors: the model's name
// with what tells its sources apart.
func localPath(spec models.Spec, source models.Source, folder string) string {
	file := path.Base(source.File)
	if stem := "model" + path.Ext(file); file == stem {
		file = path.Ext(file)
	} else {
		file = "." + file
	}
	return filepath.Join(folder, spec.Name+file)
}

func (c *Client) hub() (*url.URL, error) {
	address := c.Hub
	if address == "" {
		address = os.Getenv(HubVariable)
	}
	if address == "" {
		address = defaultHub
	}
	hub, err := url.Parse(address)
	if err != nil || hub.Host == "" || hub.Scheme != "https" && hub.Scheme != "http" {
		return nil, fault.New(fault.Usage, "the hub's address %q is no URL such as %s; correct $%s",
			redacted(address), defaultHub, HubVariable)
	}
	return hub, nil
}

// redacted is an address without the password in it, for messages.
func redacted(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "(unreadable)"
	}
	return parsed.Redacted()
}

// mostHead bounds the head of an answer, in bytes.
const mostHead = 1 << 18

// client returns an HTTP client that notes the checksum which a hub gives with its redirection to
// where the file is stored, and that never leaves https for http.
func (c *Client) client(linked *string) *http.Client {
	var client http.Client
	if c.HTTP != nil {
		client = *c.HTTP
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = c.stall()
		transport.MaxResponseHeaderBytes = mostHead
		client.Transport = transport
	}
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return errors.New("too many redirections")
		}
		if via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
			return fmt.Errorf("redirected to the unencrypted %s", next.URL.Redacted())
		}
		if tag := sha256Tag(next.Response.Header.Get("X-Linked-Etag")); tag != "" {
			*linked = tag
		}
		return nil
	}
	return &client
}

func (c *Client) stall() time.Duration {
	if c.Stall > 0 {
		return c.Stall
	}
	return defaultStall
}
