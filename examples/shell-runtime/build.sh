#!/bin/sh
# Builds dist/function.zip and dist/layer.zip. Needs zip; functions need bash, curl and jq where they run.
set -eu
cd "$(dirname "$0")"
mkdir -p dist
rm -f dist/*.zip
chmod +x layer/bootstrap
zip -q -j dist/layer.zip layer/bootstrap
zip -q -j dist/function.zip function/digest.sh
