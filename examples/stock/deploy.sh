#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
: "${JAVA_RUNTIME:=java21}"
aws dynamodb create-table --table-name stock --billing-mode PAY_PER_REQUEST \
  --attribute-definitions AttributeName=article,AttributeType=S --key-schema AttributeName=article,KeyType=HASH
aws lambda create-function --function-name stock --runtime "$JAVA_RUNTIME" --handler example.StockHandler \
  --role "$ROLE_ARN" --timeout 30 --memory-size 1024 --environment Variables={TABLE=stock} \
  --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name stock
