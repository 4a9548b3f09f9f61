// Takes the webhooks of a code host: checks who sent them, drops those seen before, and returns what they say.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	hooks := Hooks{
		Secret: []byte(os.Getenv("SECRET")),
		Seen:   Deliveries{Client: dynamodb.NewFromConfig(settings), Table: os.Getenv("TABLE")},
	}
	lambda.Start(hooks.Handle)
}
