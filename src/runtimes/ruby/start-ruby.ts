import { basename } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import { searchPaths } from "../search-paths.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/ruby-layers.html; gems lie under the version that the function names. */
export function rubyVariables(line: number): Readonly<Record<string, string>> {
  const abi = `${rubyVersionText(line)}.0`;
  return {
    ...searchPaths,
    GEM_PATH: `/var/task/vendor/bundle/ruby/${abi}:/opt/ruby/gems/${abi}`,
    RUBYLIB: "/var/task:/var/runtime/lib:/opt/ruby/lib",
  };
}

export function rubyCommand(interpreter: Interpreter): readonly [string, ...string[]] {
  return [`/var/lang/bin/${basename(interpreter.program)}`, "/var/runtime/bootstrap.rb"];
}

/** 304 for Ruby 3.4: a line is a number, and 3.10 would come after 3.9. */
export function rubyLine(major: string | undefined, minor: string | undefined): number {
  return Number(major) * 100 + Number(minor);
}

export function rubyVersionText(line: number): string {
  return `${Math.floor(line / 100)}.${line % 100}`;
}
