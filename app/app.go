// Package app runs the application on the cluster: in a namespace of its own, a Deployment behind a Service of the type
// NodePort.
package app

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args is the input of New.
type Args struct {
	Name     string               // Required. Of the namespace and the objects in it. A change replaces them
	Provider *kubernetes.Provider // Required. Of the cluster
	Cluster  pulumi.Resource      // Required. When it is deleted or replaced, the app's objects are gone
	Image    string               // Required. With a tag or digest. A change rolls
	Replicas int                  // Required. Number of pods. Updated in place
	Env      map[string]string    // Optional. The container's environment. A change rolls
	Port     int                  // Required. The container's port, TCP. A change rolls
	NodePort int                  // Required. The Service's port on every node, 30000 to 32767. Updated in place
}

// App is the running application.
type App struct {
	pulumi.ResourceState

	Ready     []pulumi.Resource   // what waits until pods answer at the Service's port
	ClusterIP pulumi.StringOutput // the Service's address inside the cluster
}

// New registers the application.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*App, error) {
	a := &App{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:app:App", name, pulumi.Map{
		"image":    pulumi.String(args.Image),
		"replicas": pulumi.Int(args.Replicas),
	}, a, opts...); err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{
		pulumi.Parent(a),
		pulumi.Provider(args.Provider),
		pulumi.DeletedWith(args.Cluster),
		pulumi.ReplaceWith([]pulumi.Resource{args.Cluster}),
		pulumi.DeleteBeforeReplace(true),
	}
	namespace, err := a.namespace(ctx, args.Name, options)
	if err != nil {
		return nil, err
	}
	if err := a.deployment(ctx, args, namespace, options); err != nil {
		return nil, err
	}
	if err := a.service(ctx, args, namespace, options); err != nil {
		return nil, err
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"clusterIP": a.ClusterIP})
}

// namespace registers the namespace, which refuses pods that ask for privileges, whoever makes them, and returns its
// name.
func (a *App) namespace(
	ctx *pulumi.Context, name string, options []pulumi.ResourceOption,
) (pulumi.StringPtrInput, error) {
	namespace, err := corev1.NewNamespace(ctx, name, &corev1.NamespaceArgs{
		Metadata: metav1.ObjectMetaArgs{
			Name:   pulumi.String(name),
			Labels: pulumi.StringMap{"pod-security.kubernetes.io/enforce": pulumi.String("restricted")},
		},
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("namespace: %w", err)
	}
	return namespace.Metadata.Name(), nil
}

func metadata(name string, namespace pulumi.StringPtrInput) metav1.ObjectMetaArgs {
	return metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: namespace,
		Labels:    labels(name),
	}
}

func labels(name string) pulumi.StringMap {
	return pulumi.StringMap{"app": pulumi.String(name), "tier": pulumi.String("backend")}
}

func selector(name string) pulumi.StringMap {
	return pulumi.StringMap{"app": pulumi.String(name)}
}

func (a *App) service(
	ctx *pulumi.Context, args Args, namespace pulumi.StringPtrInput, options []pulumi.ResourceOption,
) error {
	service, err := corev1.NewService(ctx, args.Name, &corev1.ServiceArgs{
		Metadata: metadata(args.Name, namespace),
		Spec: corev1.ServiceSpecArgs{
			Type:     pulumi.String("NodePort"),
			Selector: selector(args.Name),
			Ports: corev1.ServicePortArray{corev1.ServicePortArgs{
				Name:       pulumi.String("http"),
				Protocol:   pulumi.String("TCP"),
				Port:       pulumi.Int(80),
				TargetPort: pulumi.Int(args.Port),
				NodePort:   pulumi.Int(args.NodePort),
			}},
		},
	}, options...)
	if err != nil {
		return fmt.Errorf("service: %w", err)
	}
	a.Ready = []pulumi.Resource{service}
	a.ClusterIP = service.Spec.ClusterIP().Elem()
	return nil
}

func (a *App) deployment(
	ctx *pulumi.Context, args Args, namespace pulumi.StringPtrInput, options []pulumi.ResourceOption,
) error {
	_, err := appsv1.NewDeployment(ctx, args.Name, &appsv1.DeploymentArgs{
		Metadata: metadata(args.Name, namespace),
		Spec: appsv1.DeploymentSpecArgs{
			Replicas:             pulumi.Int(args.Replicas),
			RevisionHistoryLimit: pulumi.Int(3),
			Selector:             metav1.LabelSelectorArgs{MatchLabels: selector(args.Name)},
			Strategy: appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: appsv1.RollingUpdateDeploymentArgs{
					MaxSurge:       pulumi.Int(1),
					MaxUnavailable: pulumi.Int(0),
				},
			},
			Template: corev1.PodTemplateSpecArgs{
				Metadata: metav1.ObjectMetaArgs{Labels: labels(args.Name)},
				Spec:     podSpec(args),
			},
		},
	}, options...)
	if err != nil {
		return fmt.Errorf("deployment: %w", err)
	}
	return nil
}
