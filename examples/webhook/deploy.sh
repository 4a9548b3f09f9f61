#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
: "${SECRET:?the secret that the code host signs with}"
aws s3api create-bucket --bucket webhook-failures
aws dynamodb create-table --table-name deliveries --billing-mode PAY_PER_REQUEST \
  --attribute-definitions AttributeName=delivery,AttributeType=S \
  --key-schema AttributeName=delivery,KeyType=HASH
aws lambda create-function --function-name webhook --runtime provided.al2023 --handler bootstrap \
  --role "$ROLE_ARN" --timeout 10 --memory-size 256 --environment "Variables={SECRET=$SECRET,TABLE=deliveries}" \
  --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name webhook
aws lambda put-function-event-invoke-config --function-name webhook --maximum-retry-attempts 0 \
  --destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::webhook-failures"}}'
