package aws

import (
	"context"
	"errors"
	"fmt"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// imageID is the AMI of the sandbox, and imageParameter the SSM parameter that has its ID.
const (
	imageID        = "ami-0deb13000000000a1"
	imageParameter = "/aws/service/debian/release/13/latest/amd64"
)

// invoke answers the program's lookups.
func (s *server) invoke(_ context.Context, r provider.InvokeRequest) (provider.InvokeResponse, error) {
	var result any
	switch r.Token {
	case "aws:ssm/getParameter:getParameter":
		if name := r.Args.Get("name"); !name.Equals(property.New(imageParameter)) {
			return provider.InvokeResponse{}, errors.New("ParameterNotFound: the sandbox has " + imageParameter + " only")
		}
		result = map[string]any{
			"id": imageParameter, "name": imageParameter, "type": "String", "version": 1,
			"value": imageID, "insecureValue": imageID, "arn": "arn:aws:ssm:" + s.region + "::parameter" + imageParameter,
		}
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		result = map[string]any{
			"id": s.region, "state": "available", "names": zones(s.region), "zoneIds": zones("sbx1-"),
			"groupNames": []string{s.region},
		}
	default:
		return provider.InvokeResponse{}, fmt.Errorf("%s is not part of the sandbox", r.Token)
	}
	values, err := encode(result)
	if err != nil {
		return provider.InvokeResponse{}, err
	}
	if value, ok := values.GetOk("value"); ok { // a secret with the official plugin, too
		values = values.Set("value", value.WithSecret(true))
	}
	return provider.InvokeResponse{Return: values}, nil
}
