import { installDebianPackages, works } from "./run.ts";

/** Languages whose functions the tests run, beside the Node.js and Python that are there for the tests themselves. */
export function installLanguages(): void {
  if (!works("ruby", "--version")) installDebianPackages(["ruby"], "runs functions in Ruby");
}
