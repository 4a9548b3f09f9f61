import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";

/** A custom runtime whose answer is made by `answer`. */
function bootstrap(answer: string): string {
  return `#!/bin/bash
port=\${AWS_LAMBDA_RUNTIME_API#*:}
api=/2018-06-01/runtime/invocation
while :; do
  exec 5<>/dev/tcp/127.0.0.1/$port
  printf 'GET %s/next HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' $api >&5
  while IFS= read -r line <&5; line=\${line%$'\\r'}; [ -n "$line" ]; do
    case \${line,,} in lambda-runtime-aws-request-id:*) id=\${line#*: } ;; esac
  done
  exec 5>&-
  ${answer}
  exec 5<>/dev/tcp/127.0.0.1/$port
  printf 'POST %s/%s/response HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n%s' $api "$id" \${#body} "$body" >&5
  cat <&5 >/dev/null
  exec 5>&-
done
`;
}

/** In a sandbox that was made before its function was known, the package came last. */
const FROM_CELL = `paths=$(cut -d' ' -f5 /proc/self/mountinfo | tr '\\n' ' '); [[ $paths == *" /proc "*"/var/task "* ]] && cell=true || cell=false`;

let world: EnvironmentWorld;
before(async () => {
  world = await openEnvironmentWorld({ tier: "namespaces", pooled: true });
});
after(() => world.close());

test("a custom runtime starts in a sandbox that waited, with all that it has in a new one", async () => {
  const runtime = "provided.al2023";
  const options = {
    runtime,
    files: {
      bootstrap: bootstrap(
        `${FROM_CELL}; body="{\\"cell\\": $cell, \\"greeting\\": \\"$GREETING\\", \\"layer\\": \\"$(cat /opt/layered.txt)\\", \\"directory\\": \\"$PWD\\", \\"names\\": \\"$(compgen -e | sort | tr '\\n' ' ')\\", \\"open\\": \\"$(ls /proc/self/fd | tr '\\n' ' ')\\", \\"user\\": \\"$(id -u):$(id -g)\\"}"`,
      ),
    },
    executables: ["bootstrap"],
    layer: { "layered.txt": "of the layer" },
    environment: { GREETING: "hello", TZ: "Asia/Tokyo", LD_LIBRARY_PATH: "/opt/lib" },
    memoryMiB: 256,
  };
  const { json: fresh } = await (await world.start(options)).invoke();
  assert.equal(fresh.cell, false);
  await eventually(() => (world.host.waiting(runtime) > 0 ? true : undefined), { what: "a cell to wait" });
  // Both identifiers mean the machine's own system, so they share what waits.
  for (const identifier of [runtime, "provided.al2"]) {
    await eventually(() => (world.host.waiting(runtime) > 0 ? true : undefined), { what: "a cell to wait" });
    const running = await world.start({ ...options, runtime: identifier });
    const { json } = await running.invoke();
    assert.deepEqual(json, { ...fresh, cell: true });
    const kinds = running.log().map((line) => line.split(/[ \t]/)[0]);
    assert.deepEqual(kinds.slice(-4), ["INIT_START", "START", "END", "REPORT"]);
    await running.environment.retire();
  }
});

test("a function whose variables are read at the start starts afresh in a sandbox that waited", async () => {
  const runtime = "python3.12";
  const files = {
    "index.py": `
import os, sys
def handler(event, context):
    places = [line.split()[4] for line in open("/proc/self/mountinfo")]
    with open("/proc/self/environ") as file:
        waited = "_LAMBKIN_WAIT" in file.read()
    return [places.index("/var/task") > places.index("/proc"), waited, hash("lambkin"), sys.flags.optimize]
`,
  };
  const environment = { PYTHONHASHSEED: "0", PYTHONOPTIMIZE: "2" };
  const options = { runtime, files, environment };
  const { json: fresh } = await (await world.start(options)).invoke();
  assert.deepEqual([fresh[0], fresh[1], fresh[3]], [false, false, 2]);
  await eventually(
    async () => {
      const running = await world.start(options);
      const { json } = await running.invoke();
      assert.deepEqual(json.slice(1), fresh.slice(1));
      await running.environment.retire();
      return json[0] === true ? true : undefined;
    },
    { what: "a start in a cell" },
  );
});

test("an exec wrapper of a layer is what starts the runtime in a cell", async () => {
  const runtime = "python3.12";
  const files = {
    "index.py":
      "import os\ndef handler(event, context):\n    return [os.environ['WRAPPED'], os.environ['_HANDLER']]\n",
  };
  const layer = { bootstrap: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n' };
  const environment = { AWS_LAMBDA_EXEC_WRAPPER: "/opt/bootstrap" };
  const running = await world.start({ runtime, files, layer, environment });
  assert.deepEqual((await running.invoke()).json, ["yes", "index.handler"]);
});
