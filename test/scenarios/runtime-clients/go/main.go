package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type Event struct {
	Do string `json:"do"`
}

func handle(ctx context.Context, event Event) (map[string]any, error) {
	fmt.Println("handled")
	if event.Do == "fail" {
		return nil, errors.New("as asked")
	}
	if event.Do == "exit" {
		os.Exit(3)
	}
	call, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"requestId": call.AwsRequestID,
		"arn":       call.InvokedFunctionArn,
		"name":      lambdacontext.FunctionName,
		"deadline":  deadline.UnixMilli(),
		"trace":     ctx.Value("x-amzn-trace-id"),
	}, nil
}

func main() { lambda.Start(handle) }
