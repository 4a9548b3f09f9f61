#!/bin/sh
# Builds dist/function.zip. Needs a JDK of version 17 or later, Maven and zip.
set -eu
cd "$(dirname "$0")"
mvn --quiet --batch-mode package
mkdir -p dist
rm -f dist/function.zip
(cd target/classes && zip -q -r ../../dist/function.zip .)
