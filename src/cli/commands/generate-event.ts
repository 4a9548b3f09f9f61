import { type Command, textOption, UsageError } from "../command.ts";
import { print, table } from "../output.ts";
import { merged, pathOverride } from "../sample-events/overrides.ts";
import type { Sample } from "../sample-events/sample.ts";

export const generateEvent: Command = {
  name: "generate-event",
  synopsis: "SOURCE [NAME] [PARAMETER=VALUE ...] [--overrides JSON] | --list [SOURCE]",
  summary: "Print an event as a source sends it; pipes into `lambkin invoke FUNCTION -`.",
  options: {
    list: { type: "boolean" },
    overrides: { type: "string" },
    region: { type: "string" },
    account: { type: "string" },
    compact: { type: "boolean" },
  },
  help: {
    "PARAMETER=VALUE": "a parameter that --list shows, or a path in the event: Records[0].body=Hello",
    "--overrides JSON": "laid over the event, objects and lists by member",
    "--list": "the events, of all sources or of one, with their parameters",
    "--region R": "region of the event (AWS_REGION, else us-east-1)",
    "--account A": "account of the event (000000000000)",
    "--compact": "on one line",
  },
  async run({ options, positionals }) {
    const { SAMPLES } = await import("../sample-events/index.ts");
    const [source, ...rest] = positionals;
    if (options["list"] === true) {
      const listed = SAMPLES.filter((sample) => source === undefined || sample.source === source);
      if (listed.length === 0) throw unknownSource(source ?? "", SAMPLES);
      print(table(listed.map(lineOf)));
      return 0;
    }
    if (source === undefined) throw new UsageError("it takes a source; --list shows them");
    const named = rest[0] !== undefined && !rest[0].includes("=") ? rest[0] : undefined;
    const sample = findSample(SAMPLES, source, named);
    const event = await build(sample, {
      settings: named === undefined ? rest : rest.slice(1),
      overrides: textOption(options, "overrides"),
      region: textOption(options, "region") ?? process.env["AWS_REGION"] ?? "us-east-1",
      account: textOption(options, "account") ?? "000000000000",
    });
    print(options["compact"] === true ? JSON.stringify(event) : JSON.stringify(event, null, 2));
    return 0;
  },
};

function lineOf({ source, name, summary, parameters }: Sample): string[] {
  const shown = Object.entries(parameters ?? {}).map(([parameter, value]) => `${parameter}=${value}`);
  return [source, name, summary, shown.join("  ")];
}

function unknownSource(source: string, samples: readonly Sample[]): UsageError {
  const sources = [...new Set(samples.map((sample) => sample.source))].sort();
  return new UsageError(`there is no source ${JSON.stringify(source)}; there are ${sources.join(", ")}`);
}

function findSample(samples: readonly Sample[], source: string, name: string | undefined): Sample {
  const ofSource = samples.filter((sample) => sample.source === source);
  const [first] = ofSource;
  if (first === undefined) throw unknownSource(source, samples);
  const found = name === undefined ? first : ofSource.find((sample) => sample.name === name);
  if (found === undefined) {
    const names = ofSource.map((sample) => sample.name).join(", ");
    throw new UsageError(`${source} has no event ${JSON.stringify(name)}; it has ${names}`);
  }
  return found;
}

async function build(
  sample: Sample,
  told: {
    readonly settings: readonly string[];
    readonly overrides: string | undefined;
    readonly region: string;
    readonly account: string;
  },
): Promise<unknown> {
  const { sampleContext } = await import("../sample-events/sample.ts");
  const values: Record<string, string> = { ...sample.parameters };
  const overrides = [];
  for (const setting of told.settings) {
    const at = setting.indexOf("=");
    const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
    const override = pathOverride(name, value);
    if (at > 0 && Object.hasOwn(values, name)) values[name] = value;
    else if (override !== undefined) overrides.push(override);
    else {
      const known = Object.keys(values).join(", ") || "none";
      throw new UsageError(
        `${JSON.stringify(setting)} sets no parameter of the event (${known}) and no path in it`,
      );
    }
  }
  const { region, account } = told;
  const event = sample.event(sampleContext({ region, account, now: new Date(), values }));
  if (told.overrides !== undefined) overrides.push(parsed(told.overrides));
  // What is no JSON of its own, such as members without a value, goes as it would on its way.
  return overrides.reduce(merged, JSON.parse(JSON.stringify(event)));
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--overrides takes JSON: ${(error as Error).message}`);
  }
}
