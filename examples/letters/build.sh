#!/bin/sh
# Builds dist/function.zip and dist/layer.zip. Needs Ruby 3 with gem, and zip.
set -eu
cd "$(dirname "$0")"
: "${RUBY_ABI:=3.4.0}"
rm -rf dist
mkdir -p dist
(cd gem && gem build --quiet --output ../dist/letters.gem letters.gemspec)
gem install --quiet --local --no-document --ignore-dependencies --install-dir "dist/layer/ruby/gems/$RUBY_ABI" dist/letters.gem
(cd dist/layer && zip -q -r ../layer.zip ruby)
zip -q -j dist/function.zip app.rb
