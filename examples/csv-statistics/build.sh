#!/bin/sh
# Builds dist/function.zip. Needs Rust 1.85 or later and zip.
set -eu
cd "$(dirname "$0")"
cargo build --quiet --release --locked
mkdir -p dist
rm -f dist/function.zip
zip -q -j dist/function.zip target/release/bootstrap
