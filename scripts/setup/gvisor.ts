import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installDebianPackages } from "./debian.ts";
import { run } from "./run.ts";

/** gVisor's own branch for Go modules, pinned so that a run can be repeated. Debian's package is years older. */
const GVISOR = "gvisor.dev/gvisor/runsc@v0.0.0-20260224225140-573d5e7127a8";

/** The oldest Go that fetches by itself the newer one that gVisor asks for. */
const GO = /go1\.(2[1-9]|[3-9]\d)/;

const GO_PLACES = ["go", "/usr/local/go/bin/go"];

/** Builds gVisor, once, and returns the folder of its program. Takes minutes. */
export async function buildGvisor(cache: string): Promise<string> {
  const folder = path.join(cache, `gvisor-${GVISOR.replace(/^.*-/, "")}`);
  if (existsSync(path.join(folder, "runsc"))) return folder;
  const go = await findGo();
  process.stderr.write(`building ${GVISOR}\n`);
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  writeFileSync(path.join(made, "go.mod"), "module gvisor\n\ngo 1.24\n");
  const modules = { cwd: made };
  await run("env", ["GOFLAGS=-mod=mod", go, "get", GVISOR], modules);
  await run("env", ["CGO_ENABLED=0", "GOFLAGS=-mod=mod", go, "build", "gvisor.dev/gvisor/runsc"], modules);
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
  return folder;
}

async function findGo(): Promise<string> {
  let found = await recentGo();
  if (found === undefined) {
    await installDebianPackages(["golang-go"], "builds gVisor; Go 1.21 or later");
    found = await recentGo();
  }
  if (found === undefined) throw new Error("building gVisor takes Go 1.21 or later: install it");
  return found;
}

async function recentGo(): Promise<string | undefined> {
  for (const place of GO_PLACES) {
    const version = await run(place, ["version"]).catch(() => "");
    if (GO.test(version)) return place;
  }
  return undefined;
}
