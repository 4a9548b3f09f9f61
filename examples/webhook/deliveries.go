package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Deliveries remembers in a table what came in before.
type Deliveries struct {
	Client *dynamodb.Client
	Table  string
}

// First is true for whoever writes a delivery first, however many try at once.
func (deliveries Deliveries) First(ctx context.Context, delivery string) (bool, error) {
	_, err := deliveries.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           &deliveries.Table,
		Item:                map[string]types.AttributeValue{"delivery": &types.AttributeValueMemberS{Value: delivery}},
		ConditionExpression: aws.String("attribute_not_exists(delivery)"),
	})
	var known *types.ConditionalCheckFailedException
	if errors.As(err, &known) {
		return false, nil
	}
	return err == nil, err
}
