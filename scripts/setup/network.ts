import { provide } from "./debian.ts";

/** The tests of the way out make networks of their own, and need what an ordinary user's server leaves by. */
export async function installNetworkTools(): Promise<void> {
  await provide(["ip", "-V"], ["iproute2"], "makes networks for the tests");
  await provide(["slirp4netns", "--version"], ["slirp4netns"], "is an ordinary user's way out of sandboxes");
}
