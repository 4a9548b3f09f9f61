#!/bin/sh
# Deploys dist/function.zip with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
aws lambda create-function --function-name invoices --runtime dotnet8 \
  --handler Invoices::Invoices.Handler::Handle --role "$ROLE_ARN" --timeout 15 --memory-size 512 \
  --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name invoices
