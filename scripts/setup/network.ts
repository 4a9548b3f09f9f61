import { installDebianPackages, works } from "./run.ts";

/** The tests of the way out make networks of their own, and need what an ordinary user's server leaves by. */
export function installNetworkTools(): void {
  const missing = [
    ...(works("ip", "-V") ? [] : ["iproute2"]),
    ...(works("slirp4netns", "--version") ? [] : ["slirp4netns"]),
  ];
  if (missing.length > 0) installDebianPackages(missing, "test the way out of sandboxes");
}
