// Sends one request for each operation of the golden tests with the AWS SDK for Go v2. Whatever comes back is ignored.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func main() {
	ctx := context.Background()
	config := aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Args[1]),
		Credentials:  credentials.NewStaticCredentialsProvider(os.Args[2], os.Args[3], ""),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
	}
	text := "text ü & <b>"
	when := time.UnixMilli(1767323045678).UTC()

	lambda.NewFromConfig(config).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String("arn:aws:lambda:us-east-1:000000000000:function:f"),
		Qualifier:    aws.String("$LATEST"), Payload: []byte(`{"a":1}`), LogType: "Tail",
	})
	s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("a b/ü+c"), Body: strings.NewReader(text),
		Metadata: map[string]string{"m": "v"},
	})
	dynamodb.NewFromConfig(config).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String("table"),
		Item: map[string]dynamodbtypes.AttributeValue{
			"id": &dynamodbtypes.AttributeValueMemberS{Value: text},
			"b":  &dynamodbtypes.AttributeValueMemberB{Value: []byte{1, 2, 3}},
		},
	})
	iam.NewFromConfig(config).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("role"), AssumeRolePolicyDocument: aws.String("{}"), Description: aws.String(text),
	})
	sqs.NewFromConfig(config).SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String("http://localhost/000000000000/q"), MessageBody: aws.String(text),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{
			"a": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2, 3}},
		},
	})
	kinesis.NewFromConfig(config).PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("stream"), PartitionKey: aws.String("p"), Data: []byte{1, 2, 3},
	})
	cloudwatch.NewFromConfig(config).PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("n"),
		MetricData: []cloudwatchtypes.MetricDatum{
			{MetricName: aws.String("m"), Value: aws.Float64(0.5), Timestamp: &when},
		},
	})
}
