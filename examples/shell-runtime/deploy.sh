#!/bin/sh
# Deploys what build.sh made with the AWS CLI, to where AWS_ENDPOINT_URL says.
set -eu
cd "$(dirname "$0")"
: "${ROLE_ARN:=arn:aws:iam::000000000000:role/example}"
layer=$(aws lambda publish-layer-version --layer-name shell-runtime --compatible-runtimes provided.al2023 \
  --zip-file fileb://dist/layer.zip --query LayerVersionArn --output text)
aws lambda create-function --function-name log-digest --runtime provided.al2023 --handler digest.digest \
  --role "$ROLE_ARN" --timeout 10 --memory-size 256 --layers "$layer" --zip-file fileb://dist/function.zip
aws lambda wait function-active-v2 --function-name log-digest
