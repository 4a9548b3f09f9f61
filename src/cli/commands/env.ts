import { type Command, UsageError } from "../command.ts";
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  credentialsFor,
  plain,
  published,
  runningServer,
} from "../connection.ts";
import { complain, print, printJson } from "../output.ts";

/** Tools that are known not to read AWS_ENDPOINT_URL, and what they want instead. */
const DEAF_TOOLS = [
  "Terraform's AWS provider reads AWS_ENDPOINT_URL from version 5.6 on; before that it needs `endpoints { ... }` blocks",
  "boto3 before 1.28 and the AWS CLI before 1.29 and 2.13 ignore AWS_ENDPOINT_URL: use --endpoint-url",
  "S3 clients that insist on virtual-host addressing need path style, or a name under *.localhost",
];

export const env: Command = {
  name: "env",
  synopsis: "[--shell sh|fish|powershell] [--data DIR | --endpoint URL] [--json]",
  summary: 'Print what points AWS tools and `lambkin` at the server: eval "$(lambkin env)".',
  options: { ...CONNECTION_OPTIONS, shell: { type: "string" }, json: { type: "boolean" } },
  help: {
    ...CONNECTION_HELP,
    "--shell NAME": "sh (default), fish or powershell",
    "--json": "answer in JSON",
  },
  async run({ options }) {
    const shell = options["shell"] ?? "sh";
    const write = WRITERS[String(shell)];
    if (write === undefined) throw new UsageError("--shell takes sh, fish or powershell");
    const { endpoint, caBundle } = published(options);
    const running = await runningServer(options);
    if (running === undefined) complain(`# no server answers on ${endpoint} yet: \`lambkin start\``);
    const { accessKeyId, secretAccessKey } = credentialsFor(options);
    const variables: Record<string, string> = {
      AWS_ENDPOINT_URL: endpoint,
      LAMBKIN_ENDPOINT: plain(endpoint),
      ...(caBundle === undefined ? {} : { AWS_CA_BUNDLE: caBundle, NODE_EXTRA_CA_CERTS: caBundle }),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: running?.region ?? "us-east-1",
      AWS_DEFAULT_REGION: running?.region ?? "us-east-1",
    };
    if (options["json"] === true) {
      printJson(variables);
      return 0;
    }
    for (const [name, value] of Object.entries(variables)) print(write(name, value));
    for (const line of DEAF_TOOLS) print(`# ${line}`);
    return 0;
  },
};

const WRITERS: Readonly<Record<string, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll("'", String.raw`\'`)}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};
