import type { EnvironmentWorld, FunctionOptions, RunningFunction } from "./environment-world.ts";
import { EXTENSION_PROGRAM } from "./extension-program.ts";

/** Does what its event says, and tells when it is asked to leave. */
export const EXTENDED_FUNCTION = `
const http = require("node:http");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
process.on("SIGTERM", () => { process.stdout.write("asked to leave\\n"); process.exit(0); });
const call = (method, path, headers, body) => new Promise((resolve) => {
  http.request({ host, port, method, path, headers }, (answer) => {
    let text = "";
    answer.on("data", (part) => { text += part; });
    answer.on("end", () => resolve({ status: answer.statusCode, id: answer.headers["lambda-extension-identifier"], text }));
  }).end(body);
});
exports.handler = async (event) => {
  if (event.do === "hang") {
    process.stdout.write("hanging\\n");
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
  if (event.do === "exit") process.exit(1);
  if (event.do === "register") {
    return (await call("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": "late" }, '{"events":[]}')).text;
  }
  if (event.do === "write") require("node:fs").writeFileSync(require("node:os").tmpdir() + "/kept", "kept");
  if (event.do === "read") return require("node:fs").readFileSync(require("node:os").tmpdir() + "/kept", "utf8");
  console.log("handled");
  return event;
};`;

/** Starts the function above, or another, with an external extension for each name and its settings. */
export function startWithExtensions(
  world: EnvironmentWorld,
  extensions: Readonly<Record<string, object>>,
  options: Partial<FunctionOptions> = {},
): Promise<RunningFunction> {
  const files = Object.keys(extensions).map((name) => [`extensions/${name}`, EXTENSION_PROGRAM]);
  return world.start({
    runtime: "nodejs22.x",
    files: { "index.js": EXTENDED_FUNCTION },
    layer: Object.fromEntries(files) as Record<string, string>,
    ...options,
    environment: { EXTENSION: JSON.stringify(extensions), ...options.environment },
  });
}
