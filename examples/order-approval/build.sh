#!/bin/sh
# Builds dist/function.zip. Needs Python 3.11 or later with pip, and zip.
set -eu
cd "$(dirname "$0")"
rm -rf dist
python3 -m pip install --quiet --disable-pip-version-check --no-compile --target dist/package -r requirements.txt
# Of botocore's models only those that the function uses: the others are most of the package.
find dist/package/botocore/data -mindepth 1 -maxdepth 1 -type d ! -name dynamodb ! -name lambda -exec rm -r {} +
cp app.py dist/package
(cd dist/package && zip -q -r ../function.zip .)
