import { isoSeconds, type Sample, type SampleContext } from "./sample.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
function envelope(
  context: SampleContext,
  kind: { readonly source: string; readonly type: string; readonly resources?: readonly string[] },
  detail: unknown,
): object {
  return {
    version: "0",
    id: context.uuid(),
    "detail-type": kind.type,
    source: kind.source,
    account: context.account,
    time: isoSeconds(context.now),
    region: context.region,
    resources: kind.resources ?? [],
    detail,
  };
}

function custom(context: SampleContext): object {
  let detail: unknown;
  try {
    detail = JSON.parse(context.value("detail"));
  } catch {
    detail = { text: context.value("detail") };
  }
  return envelope(context, { source: context.value("source"), type: context.value("type") }, detail);
}

export const EVENT_SAMPLES: readonly Sample[] = [
  {
    source: "eventbridge",
    name: "custom",
    summary: "an event of one's own",
    parameters: { source: "com.example.orders", type: "Order Placed", detail: `{"order":"42"}` },
    event: custom,
  },
  {
    source: "eventbridge",
    name: "scheduled",
    summary: "the schedule of a rule is due",
    parameters: { rule: "example-rule" },
    event: (context) => {
      const resources = [context.arn("events", `rule/${context.value("rule")}`)];
      return envelope(context, { source: "aws.events", type: "Scheduled Event", resources }, {});
    },
  },
  {
    source: "eventbridge",
    name: "scheduler",
    summary: "a schedule of EventBridge Scheduler without an input of its own is due",
    parameters: { schedule: "example-schedule" },
    event: (context) => {
      const resources = [context.arn("scheduler", `schedule/default/${context.value("schedule")}`)];
      return envelope(context, { source: "aws.scheduler", type: "Scheduled Event", resources }, "{}");
    },
  },
  {
    source: "eventbridge",
    name: "s3-created",
    summary: "an object was created, as S3 tells EventBridge",
    parameters: { bucket: "example-bucket", key: "folder/photo one.jpg" },
    event: (context) =>
      envelope(
        context,
        { source: "aws.s3", type: "Object Created", resources: [`arn:aws:s3:::${context.value("bucket")}`] },
        {
          version: "0",
          bucket: { name: context.value("bucket") },
          object: {
            key: context.value("key"),
            size: 1024,
            etag: "d41d8cd98f00b204e9800998ecf8427e",
            sequencer: context.now.getTime().toString(16).toUpperCase().padStart(16, "0"),
          },
          "request-id": context.hex(16).toUpperCase(),
          requester: context.account,
          "source-ip-address": "127.0.0.1",
          reason: "PutObject",
        },
      ),
  },
  {
    source: "eventbridge",
    name: "ec2",
    summary: "an instance changed its state",
    parameters: { instance: "i-0123456789abcdef0", state: "running" },
    event: (context) =>
      envelope(
        context,
        {
          source: "aws.ec2",
          type: "EC2 Instance State-change Notification",
          resources: [context.arn("ec2", `instance/${context.value("instance")}`)],
        },
        { "instance-id": context.value("instance"), state: context.value("state") },
      ),
  },
  {
    source: "iot",
    name: "rule",
    summary: "what `SELECT *, topic() AS topic, timestamp() AS timestamp` of a rule makes of a message",
    parameters: { topic: "sensors/1/temperature", temperature: "21.5" },
    event: (context) => ({
      temperature: Number(context.value("temperature")),
      topic: context.value("topic"),
      timestamp: context.now.getTime(),
    }),
  },
  {
    source: "iot",
    name: "button",
    summary: "a button was clicked",
    parameters: { click: "SINGLE" },
    event: (context) => ({
      serialNumber: "G030EXAMPLE00000",
      batteryVoltage: "1567mV",
      clickType: context.value("click"),
    }),
  },
];
