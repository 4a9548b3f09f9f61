import { type Command, textOption } from "../command.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { print, printJson, table } from "../output.ts";

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
          report.isolation.limits.map(({ name, holds, detail, better }) => [
            holds ? "  holds" : "  open",
            name,
            better === undefined ? detail : `${detail}; better: ${better}`,
          ]),
        ),
      );
      print();
      print("runtimes");
      print(
        table(
          report.runtimes.map(({ identifier, available, detail }) => [
            available ? "  runs" : "  no",
            identifier,
            detail,
          ]),
        ),
      );
    }
    return report.isolation.tier === "process" ? 1 : 0;
  },
};
