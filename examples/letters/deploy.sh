#!/bin/sh
# Deploys what build.sh made with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
: "${RUBY_RUNTIME:=ruby3.4}"
layer=$(aws lambda publish-layer-version --layer-name letters --compatible-runtimes "$RUBY_RUNTIME" \
  --zip-file fileb://dist/layer.zip --query LayerVersionArn --output text)
aws lambda create-function --function-name letters --runtime "$RUBY_RUNTIME" --handler app.Mail.merge \
  --role "$ROLE_ARN" --timeout 10 --memory-size 256 --layers "$layer" --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name letters
