#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
: "${BUCKET:=pictures}"
aws s3api create-bucket --bucket "$BUCKET"
aws dynamodb create-table --table-name pictures --billing-mode PAY_PER_REQUEST \
  --attribute-definitions AttributeName=picture,AttributeType=S --key-schema AttributeName=picture,KeyType=HASH
# More than 50 MB would have to go through a bucket; this is about 15.
function_arn=$(aws lambda create-function --function-name thumbnails --runtime nodejs24.x --handler index.handler \
  --role "$ROLE_ARN" --timeout 30 --memory-size 1024 --environment Variables={TABLE=pictures} \
  --zip-file fileb://dist/function.zip --query FunctionArn --output text)
aws lambda wait function-active-v2 --function-name thumbnails
aws lambda add-permission --function-name thumbnails --statement-id pictures --action lambda:InvokeFunction \
  --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$BUCKET"
aws s3api put-bucket-notification-configuration --bucket "$BUCKET" --notification-configuration '{
  "LambdaFunctionConfigurations": [{
    "LambdaFunctionArn": "'"$function_arn"'",
    "Events": ["s3:ObjectCreated:*"],
    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "originals/"}]}}
  }]
}'
