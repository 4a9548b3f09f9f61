#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
: "${PYTHON_RUNTIME:=python3.13}"
aws dynamodb create-table --table-name orders --billing-mode PAY_PER_REQUEST \
  --attribute-definitions AttributeName=order,AttributeType=S --key-schema AttributeName=order,KeyType=HASH
aws lambda create-function --function-name order-approval --runtime "$PYTHON_RUNTIME" --handler app.handler \
  --role "$ROLE_ARN" --timeout 60 --memory-size 512 --environment Variables={TABLE=orders} \
  --durable-config ExecutionTimeout=604800,RetentionPeriodInDays=7 --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name order-approval
