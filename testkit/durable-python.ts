import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { zip } from "./zip-writer.ts";

/** Functions with the official SDK for durable executions: `flow`, and `child`, which it calls. */
const INDEX = `
import os
from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy


def flaky(name):
    path = "/tmp/" + name
    failed = int(open(path).read()) if os.path.exists(path) else 0
    if failed >= 1:
        return failed
    with open(path, "w") as file:
        file.write(str(failed + 1))
    raise RuntimeError("not yet")


@durable_execution
def flow(event, context: DurableContext):
    first = context.step(lambda _: event["n"] + 1, name="first")
    context.wait(Duration.from_seconds(1), name="pause")
    retries = create_retry_strategy(
        RetryStrategyConfig(max_attempts=6, initial_delay=Duration.from_seconds(1))
    )
    tried = context.step(
        lambda _: flaky(event["id"]), name="flaky", config=StepConfig(retry_strategy=retries)
    )

    def branch(inner):
        inner.wait(Duration.from_seconds(1), name="short")
        return inner.step(lambda _: "right", name="right")

    both = context.parallel(
        [lambda inner: inner.step(lambda _: "left", name="left"), branch], name="both"
    )
    each = context.map(
        [1, 2, 3], lambda inner, n, *_: inner.step(lambda _: n * 10, name="times"), name="each"
    )
    inside = context.run_in_child_context(
        lambda inner: inner.step(lambda _: "deep", name="deep"), name="inside"
    )
    child = context.invoke(event["child"], {"n": 20}, name="child")
    approval = context.wait_for_callback(lambda *_: None, name="approval")
    return {
        "first": first, "tried": tried, "both": both.get_results(), "each": each.get_results(),
        "inside": inside, "child": child, "approval": approval,
    }


@durable_execution
def child(event, context: DurableContext):
    context.wait(Duration.from_seconds(1))
    return context.step(lambda _: event["n"] + 1, name="add")
`;

const PACKAGES =
  "aws_durable_execution_sdk_python,boto3,botocore,s3transfer,jmespath,dateutil,urllib3,certifi";
/** botocore's models of all services are far more than a package may hold. */
const USED_DATA = /^botocore\/data\/(lambda\/|[^/]+\.json$)/;

/** A deployment package of these functions, with the SDK and boto3 from the tests' virtual environment. */
export function durablePythonPackage(clients: string): Buffer {
  const [folder] = globSync(path.join(clients, "lib/python3*/site-packages"));
  if (folder === undefined) throw new Error(`${clients} holds no Python packages`);
  const files = globSync([`{${PACKAGES}}/**/*.{py,json,gz,pem}`, "six.py", "*.dist-info/METADATA"], {
    cwd: folder,
  }).filter((name) => !name.startsWith("botocore/data/") || USED_DATA.test(name));
  return zip([
    { name: "index.py", content: INDEX },
    ...files.map((name) => ({ name, content: readFileSync(path.join(folder, name)) })),
  ]);
}
