#!/bin/sh
# Builds dist/function.zip. Needs npm and zip.
set -eu
cd "$(dirname "$0")"
npm ci --omit=dev --no-audit --no-fund
mkdir -p dist
rm -f dist/function.zip
zip -q -r dist/function.zip index.mjs keys.mjs package.json node_modules
