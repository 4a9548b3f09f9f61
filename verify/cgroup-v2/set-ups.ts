/** A place for a server in the machine, and what runs there. */
export interface SetUp {
  readonly name: string;
  /** Whether systemd is the first process, and its units the place. */
  readonly systemd?: true;
  readonly what: string;
  /** Whoever runs the server; 0 is root. */
  readonly user: number;
  /** Its cgroup, below the root of the hierarchy; `%` is the number of the step. */
  readonly cgroup: string;
  /** Whether that cgroup is the user's own, as the kernel's documentation describes delegation. */
  readonly delegated: boolean;
  readonly steps: readonly Step[];
}

export type Step =
  /** Test files, all of whose tests pass. */
  | { readonly tests: readonly string[] }
  /** A command that ends with 0 and writes what is expected. */
  | { readonly name: string; readonly command: readonly string[]; readonly says: readonly RegExp[] };

/** What the inside tells of a step, by its number, as a line of JSON: that it begins, a line of its output, its end. */
export type News =
  | { readonly step: number; readonly line?: string }
  | { readonly step: number; readonly code: number | null; readonly seconds: number };

const ORDINARY = 1000;

function doctor(...says: readonly RegExp[]): Step {
  return { name: "lambkin doctor", command: ["bin/lambkin.cjs", "doctor"], says };
}

const LIMITS: Step = {
  tests: [
    "verify/cgroup-v2/limits.test.ts",
    "verify/cgroup-v2/out-of-memory.test.ts",
    "test/sandbox/ordinary-user.test.ts",
  ],
};
const MAIN_JOB: Step = {
  name: "S3 to Lambda to DynamoDB",
  command: ["scripts/demo.ts"],
  says: [
    /^run +cold start, init [\d.]+ ms, isolation namespaces/m,
    /^metered +duration [\d.]+ ms, billed \d+ ms, \d+ of 256 MB used$/m,
    /^DynamoDB table log-summaries: 22 items$/m,
    /^DynamoDB table orders: 36 items$/m,
    /^server +stopped; nothing of it is left$/m,
  ],
};

export const SET_UPS: readonly SetUp[] = [
  {
    name: "root",
    what: "root in a service's cgroup, as without Delegate=",
    user: 0,
    cgroup: "system.slice/test-%.service",
    delegated: false,
    steps: [
      doctor(
        /^ +holds +memory +cgroup v2, enforced by the kernel$/m,
        /^ +holds +cpu +cgroup v2 quota/m,
        /^ +holds +processes +cgroup v2/m,
        /^ +holds +freeze +cgroup freezer$/m,
      ),
      LIMITS,
      MAIN_JOB,
    ],
  },
  {
    name: "delegated",
    what: "an ordinary user in a cgroup delegated to them",
    user: ORDINARY,
    cgroup: "user.slice/delegated-%",
    delegated: true,
    steps: [
      doctor(
        /^ +partly +memory +/m,
        /^ +holds +cpu +cgroup v2 quota/m,
        /^ +holds +processes +cgroup v2/m,
        /^ +holds +freeze +cgroup freezer$/m,
      ),
      LIMITS,
      MAIN_JOB,
    ],
  },
  {
    name: "undelegated",
    what: "an ordinary user in a cgroup of root's",
    user: ORDINARY,
    cgroup: "user.slice/session-%.scope",
    delegated: false,
    steps: [
      doctor(
        /^ +partly +memory +resident size/m,
        /^ +open +cpu +.*systemd: Delegate=yes/m,
        /^ +holds +processes +resource limit/m,
        /^ +partly +freeze +SIGSTOP/m,
      ),
      { tests: ["test/sandbox/ordinary-user.test.ts"] },
      MAIN_JOB,
    ],
  },
  {
    name: "systemd",
    what: "root in the unit docs/deploy/lambkin.service, under systemd",
    systemd: true,
    user: 0,
    cgroup: "",
    delegated: true,
    steps: [{ tests: ["verify/cgroup-v2/unit.test.ts"] }],
  },
];
