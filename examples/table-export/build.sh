#!/bin/sh
# Builds dist/function.zip. Needs npm and zip.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
npx tsc
npx esbuild src/index.ts --bundle --platform=node --target=node24 --format=esm --minify --sourcemap=linked \
  --banner:js='import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' \
  --outfile=dist/function/index.mjs
rm -f dist/function.zip
zip -q -j dist/function.zip dist/function/index.mjs dist/function/index.mjs.map
