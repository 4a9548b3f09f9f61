#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
aws lambda create-function --function-name table-export --runtime nodejs24.x --handler index.handler \
  --role "$ROLE_ARN" --timeout 60 --memory-size 512 --environment Variables={NODE_OPTIONS=--enable-source-maps} \
  --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name table-export
