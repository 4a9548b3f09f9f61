import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installDebianPackages, run, works } from "./run.ts";

/** gVisor's own branch for Go modules, pinned so that a run can be repeated. Debian's package is years older. */
const GVISOR = "gvisor.dev/gvisor/runsc@v0.0.0-20260224225140-573d5e7127a8";

/** The oldest Go that fetches by itself the newer one that gVisor asks for. */
const GO = /go1\.(2[1-9]|[3-9]\d)/;

const GO_PLACES = ["go", "/usr/local/go/bin/go"];

/** Builds gVisor, once, and returns the folder of its program. Takes minutes. */
export function buildGvisor(cache: string): string {
  const folder = path.join(cache, `gvisor-${GVISOR.replace(/^.*-/, "")}`);
  if (existsSync(path.join(folder, "runsc"))) return folder;
  const go = findGo();
  process.stderr.write(`building ${GVISOR}\n`);
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  writeFileSync(path.join(made, "go.mod"), "module gvisor\n\ngo 1.24\n");
  const modules = { cwd: made };
  run("env", ["GOFLAGS=-mod=mod", go, "get", GVISOR], modules);
  run("env", ["CGO_ENABLED=0", "GOFLAGS=-mod=mod", go, "build", "gvisor.dev/gvisor/runsc"], modules);
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
  return folder;
}

function findGo(): string {
  const recent = () => GO_PLACES.find((place) => works(place, "version") && GO.test(run(place, ["version"])));
  const found = recent();
  if (found !== undefined) return found;
  installDebianPackages(["golang-go"], "builds gVisor; Go 1.21 or later");
  const installed = recent();
  if (installed === undefined) throw new Error("building gVisor takes Go 1.21 or later: install it");
  return installed;
}
