package app

import (
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// podSpec is one replica: without privileges, with limits of which three fit on a t2.micro.
func podSpec(args Args) corev1.PodSpecArgs {
	return corev1.PodSpecArgs{
		AutomountServiceAccountToken: pulumi.Bool(false),
		SecurityContext: corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			RunAsUser:      pulumi.Int(1000),
			RunAsGroup:     pulumi.Int(1000),
			SeccompProfile: corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{corev1.TopologySpreadConstraintArgs{
			MaxSkew:           pulumi.Int(1),
			TopologyKey:       pulumi.String("kubernetes.io/hostname"),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     metav1.LabelSelectorArgs{MatchLabels: selector(args.Name)},
		}},
		Containers: corev1.ContainerArray{container(args)},
	}
}

func container(args Args) corev1.ContainerArgs {
	env := corev1.EnvVarArray{}
	for _, name := range slices.Sorted(maps.Keys(args.Env)) {
		env = append(env, corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(args.Env[name])})
	}
	return corev1.ContainerArgs{
		Name:  pulumi.String(args.Name),
		Image: pulumi.String(args.Image),
		Env:   env,
		Ports: corev1.ContainerPortArray{corev1.ContainerPortArgs{
			ContainerPort: pulumi.Int(args.Port),
			Protocol:      pulumi.String("TCP"),
		}},
		Resources: corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("50m"), "memory": pulumi.String("64Mi")},
			Limits:   pulumi.StringMap{"memory": pulumi.String("128Mi")},
		},
		StartupProbe:   probe(args.Port, 1, 60),
		ReadinessProbe: probe(args.Port, 5, 2),
		LivenessProbe:  probe(args.Port, 10, 3),
		// Nodes go on sending connections for some seconds after a pod was told to end: it serves until then.
		Lifecycle: corev1.LifecycleArgs{
			PreStop: corev1.LifecycleHandlerArgs{Sleep: corev1.SleepActionArgs{Seconds: pulumi.Int(5)}},
		},
		SecurityContext: corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			ReadOnlyRootFilesystem:   pulumi.Bool(true),
			Capabilities:             corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
	}
}

// probe asks /ping every period seconds and gives up after the given number of failures.
func probe(port, period, failures int) corev1.ProbeArgs {
	return corev1.ProbeArgs{
		HttpGet:          corev1.HTTPGetActionArgs{Path: pulumi.String("/ping"), Port: pulumi.Int(port)},
		PeriodSeconds:    pulumi.Int(period),
		TimeoutSeconds:   pulumi.Int(2),
		FailureThreshold: pulumi.Int(failures),
	}
}
