#!/bin/sh
# Sends one request for each operation of the golden tests with the AWS CLI, $1. Whatever comes back is ignored.
aws=$1 endpoint=$2
export AWS_ENDPOINT_URL="$endpoint" AWS_ACCESS_KEY_ID="$3" AWS_SECRET_ACCESS_KEY="$4"
export AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=1 AWS_PAGER="" AWS_EC2_METADATA_DISABLED=true LC_ALL=C.UTF-8
text='text ü & <b>'
body=$(mktemp)
bytes=$(mktemp)
printf '%s' "$text" > "$body"
printf '\001\002\003' > "$bytes"
{
  "$aws" lambda invoke --function-name arn:aws:lambda:us-east-1:000000000000:function:f --qualifier '$LATEST' \
    --payload '{"a":1}' --log-type Tail /dev/null
  "$aws" s3api put-object --bucket bucket --key 'a b/ü+c' --body "$body" --metadata m=v
  "$aws" dynamodb put-item --table-name table --item "{\"id\":{\"S\":\"$text\"},\"b\":{\"B\":\"\\u0001\\u0002\\u0003\"}}"
  "$aws" iam create-role --role-name role --assume-role-policy-document '{}' --description "$text"
  "$aws" --endpoint-url "$endpoint" sqs send-message --queue-url "$endpoint/000000000000/q" --message-body "$text" \
    --message-attributes '{"a":{"DataType":"Binary","BinaryValue":"\u0001\u0002\u0003"}}'
  "$aws" kinesis put-record --stream-name stream --partition-key p --data "fileb://$bytes"
  "$aws" cloudwatch put-metric-data --namespace n \
    --metric-data '[{"MetricName":"m","Value":0.5,"Timestamp":"2026-01-02T03:04:05.678Z"}]'
} > /dev/null 2>&1
rm -f "$body" "$bytes"
exit 0
