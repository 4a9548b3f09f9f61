#!/bin/sh
# Builds dist/function.zip. Needs zip and a .NET SDK of version 8 or later, or else Mono's compiler and a .NET runtime in
# DOTNET_ROOT.
set -eu
cd "$(dirname "$0")"
rm -rf dist && mkdir -p dist/publish
if [ -n "$(dotnet --list-sdks 2>/dev/null || true)" ]; then
  dotnet publish --configuration Release --output dist/publish Invoices.csproj
else
  framework=$(ls -d "${DOTNET_ROOT:?where a .NET runtime lies}"/shared/Microsoft.NETCore.App/* | tail -n 1)
  version=$(basename "$framework")
  set --
  for library in "$framework"/System*.dll "$framework"/netstandard.dll; do
    case $library in *Native*) ;; *) set -- "$@" "-r:$library" ;; esac
  done
  mcs -noconfig -nostdlib -nowarn:1702 -langversion:7.2 -target:library -out:dist/publish/Invoices.dll "$@" Handler.cs Invoice.cs
  cat > dist/publish/Invoices.runtimeconfig.json <<END
{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "$version"}, "rollForward": "LatestMajor"}}
END
  cat > dist/publish/Invoices.deps.json <<END
{"runtimeTarget": {"name": ".NETCoreApp,Version=v${version%.*}", "signature": ""},
 "targets": {".NETCoreApp,Version=v${version%.*}": {"Invoices/1.0.0": {"runtime": {"Invoices.dll": {}}}}},
 "libraries": {"Invoices/1.0.0": {"type": "project", "serviceable": false, "sha512": ""}}}
END
fi
(cd dist/publish && zip -q -r ../function.zip .)
