import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Extension } from "../../src/environments/extensions/extension.ts";
import { effort } from "../../testkit/effort.ts";
import { ExtensionsApiWorld } from "../../testkit/extensions-api-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const RUNS = effort(12);
const STEPS = 60;
const API = "/2020-01-01/extension/";
const NAMES = ["a", "b", "c", "d"];
const FAILED: readonly string[] = ["InitError", "ExitError"];

/** What an extension is to be like, and the calls of it that wait. */
interface Expected {
  id: string;
  state: string;
  events: readonly string[];
  external: boolean;
  next?: Promise<{ readonly status: number; readonly body: string }> | undefined;
}

describe("extensions that say anything at any time", () => {
  const seed = seedOfRun();
  it(`are in the state that their calls make (seed ${seed})`, async () => {
    for (let run = 0; run < RUNS; run += 1) await simulate(seed + run);
  });
});

async function simulate(seed: number): Promise<void> {
  const random = seededRandomness(seed);
  const world = await new ExtensionsApiWorld(random).open();
  const expected = new Map<string, Expected>();
  const stateOf = (name: string) =>
    world.extensions.all.find((other: Extension) => other.name === name)?.state;
  let open = true;
  let sent = 0;
  for (const name of NAMES.slice(0, random.below(3))) {
    const { id } = world.extensions.launched(name);
    expected.set(name, { id, state: "Started", events: [], external: true });
  }

  async function register(name: string): Promise<number> {
    const events = random.pick([[], ["INVOKE"], ["SHUTDOWN"], ["INVOKE", "SHUTDOWN"]]);
    const known = expected.get(name);
    const refused =
      !open ||
      (known !== undefined && known.state !== "Started") ||
      (known === undefined && events.includes("SHUTDOWN"));
    const answer = await world.register(name, JSON.stringify({ events }));
    if (!refused) {
      const id = answer.fields.get("lambda-extension-identifier") ?? "";
      expected.set(name, { id, state: "Registered", events, external: known !== undefined });
      if (known !== undefined) assert.equal(id, known.id);
    }
    assert.equal(answer.status, refused ? 403 : 200, answer.body);
    return answer.status;
  }

  async function next(name: string, one: Expected): Promise<void> {
    if (one.next !== undefined) return; // It waits.
    const asked = world.ask("GET", `${API}event/next`, { "Lambda-Extension-Identifier": one.id });
    if (one.state === "Started" || FAILED.includes(one.state)) {
      assert.equal((await asked).status, 403);
      return;
    }
    one.state = "Ready";
    asked.catch(() => undefined); // The world closes while it waits.
    one.next = asked;
    while (stateOf(name) !== "Ready") await nextTurn();
  }

  async function fail(one: Expected, kind: "init" | "exit"): Promise<void> {
    const answer = await world.ask("POST", `${API}${kind}/error`, {
      "Lambda-Extension-Identifier": one.id,
      "Lambda-Extension-Function-Error-Type": "Extension.Reason",
    });
    const from = kind === "init" ? ["Registered"] : ["Registered", "Ready", "Running"];
    const allowed = from.includes(one.state);
    assert.equal(answer.status, allowed ? 202 : 403, answer.body);
    if (allowed) one.state = kind === "init" ? "InitError" : "ExitError";
  }

  /** As its owner does: only when all that hear of invocations are ready. */
  async function invoke(): Promise<void> {
    const hearing = [...expected.values()].filter(({ events }) => events.includes("INVOKE"));
    if (hearing.some(({ state }) => state !== "Ready")) return;
    sent += 1;
    const receivers = world.extensions.send("INVOKE", { number: sent });
    assert.deepEqual(receivers.map(({ id }) => id).sort(), hearing.map(({ id }) => id).sort());
    for (const one of hearing) {
      assert.deepEqual(JSON.parse((await one.next)?.body ?? ""), { number: sent });
      one.next = undefined;
      one.state = "Running";
    }
  }

  try {
    for (let step = 0; step < STEPS; step += 1) {
      const name = random.pick(NAMES);
      const one = expected.get(name);
      const what = random.pick(["register", "next", "next", "next", "invoke", "invoke", "fail", "close"]);
      if (what === "register") await register(name);
      else if (what === "invoke") await invoke();
      else if (what === "close" && random.chance(0.2)) {
        world.extensions.closeRegistration();
        open = false;
      } else if (one !== undefined && what === "next") await next(name, one);
      else if (one !== undefined && what === "fail" && random.chance(0.2))
        await fail(one, random.pick(["init", "exit"]));
      for (const [other, { state }] of expected)
        assert.equal(stateOf(other), state, `seed ${seed}: ${other}`);
    }
  } finally {
    await world.close();
  }
}
