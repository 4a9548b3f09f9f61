#!/bin/sh
# Builds dist/function.zip. Needs Go 1.23 or later and zip.
set -eu
cd "$(dirname "$0")"
mkdir -p dist
CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags '-s -w' -o dist/bootstrap .
rm -f dist/function.zip
zip -q -j dist/function.zip dist/bootstrap
