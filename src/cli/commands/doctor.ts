import { type Command, textOption } from "../command.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { print, printJson, table } from "../output.ts";

interface Limit {
  readonly name: string;
  readonly holds: boolean;
  readonly partly?: true;
}

interface Tier {
  readonly name: string;
  readonly current: boolean;
  readonly tried: boolean;
  readonly limits: readonly Limit[];
  readonly gains: readonly string[];
}

export const doctor: Command = {
  name: "doctor",
  synopsis: "[--data DIR] [--json]",
  summary:
    "Try what this machine can do, and say what is missing. Exits with 1 if functions would not be isolated.",
  options: { data: { type: "string" }, json: { type: "boolean" } },
  help: { "--data DIR": "the data directory to look at", "--json": "answer in JSON" },
  async run({ options }) {
    const { diagnose } = await import("../../server/index.ts");
    const report = await diagnose(textOption(options, "data") ?? defaultDataDirectory());
    if (options["json"] === true) printJson(report);
    else {
      print(table(report.machine.map(({ name, value }) => [name, value])));
      print();
      print(`isolation: ${report.isolation.tier}`);
      print(
        table(
          report.isolation.limits.map((limit) => [
            `  ${verdict(limit)}`,
            limit.name,
            limit.better === undefined ? limit.detail : `${limit.detail}; better: ${limit.better}`,
          ]),
        ),
      );
      print();
      print(comparison(report.tiers));
      print();
      print("runtimes");
      print(
        table(
          report.runtimes.map(({ identifier, match, detail }) => [
            match === "none" ? "  no" : "  runs",
            identifier,
            detail,
          ]),
        ),
      );
    }
    return report.isolation.tier === "process" ? 1 : 0;
  },
};

function verdict({ holds, partly }: Limit): string {
  if (!holds) return "open";
  return partly === true ? "partly" : "holds";
}

/** A column for each tier, a row for each limit, and what another tier would give. */
function comparison(tiers: readonly Tier[]): string {
  const known = ({ current, tried }: Tier) => (current ? "(used)" : tried ? "(tried)" : "(expected)");
  const rows = (tiers[0]?.limits ?? []).map(({ name }) => [
    `  ${name}`,
    ...tiers.map(({ limits }) => {
      const limit = limits.find((candidate) => candidate.name === name);
      return limit === undefined ? "" : verdict(limit);
    }),
  ]);
  const gains = tiers.map(({ name, current, gains }) => {
    if (current) return `  ${name}: used`;
    return `  ${name}: ${gains.length === 0 ? "nothing" : gains.join(", ")}`;
  });
  const heads = [
    ["tier by limit", ...tiers.map(({ name }) => name)],
    ["", ...tiers.map(known)],
  ];
  return [table([...heads, ...rows]), "", "what you would gain by", ...gains].join("\n");
}
