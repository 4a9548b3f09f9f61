import { machineMemory, sleep } from "../base/index.ts";
import { bindOperations } from "../wire/index.ts";
import { Admission } from "./admission/admission.ts";
import { specify } from "./admission/environment-factory.ts";
import { KeptHabits } from "./admission/kept-habits.ts";
import { AsyncInvocations } from "./async/async-invocations.ts";
import { AsyncQueue } from "./async/async-queue.ts";
import { createLambdaTarget } from "./async/event-target.ts";
import { LambdaDestination } from "./async/lambda-destination.ts";
import { OutcomeDelivery } from "./async/outcome-delivery.ts";
import { DurableExecutions } from "./durable/engine.ts";
import { startExecution } from "./durable/starting.ts";
import type { Invoker, InvokerOptions } from "./interfaces.ts";
import { operations } from "./operations/index.ts";

export function createInvoker(options: InvokerOptions): Invoker {
  const { catalog, host, queue, ledger, roles, clock, randomness, log } = options;
  const keptHabits = options.state === undefined ? undefined : new KeptHabits(options.state, clock, log);
  const admission = new Admission({
    ...(keptHabits === undefined ? {} : { keptHabits }),
    catalog,
    host,
    specify: (target, key, purpose) => specify(target, key, purpose, catalog, roles),
    budget: options.starts,
    mostEnvironments: options.mostEnvironments ?? Number.POSITIVE_INFINITY,
    memory: options.memory ?? machineMemory,
    memoryReserveBytes: options.memoryReserveBytes,
    clock,
    log,
  });
  const asyncQueue = new AsyncQueue(queue, catalog, clock);
  const delivery = new OutcomeDelivery(
    { lambda: new LambdaDestination(asyncQueue, clock, randomness), ...options.destinations },
    { clock, log },
  );
  const durable = new DurableExecutions({
    directory: options.durableDirectory,
    timers: options.timers,
    catalog,
    admission,
    ledger,
    clock,
    randomness,
    log,
    ...(options.openDurableStore === undefined ? {} : { openStore: options.openDurableStore }),
  });
  const asyncInvocations = new AsyncInvocations({
    queue,
    catalog,
    admission,
    ledger,
    delivery,
    // Under the event's id, so that an event that is delivered twice starts one execution.
    async startDurable(target, { payload, requestId, traceId }) {
      const request = { payload, name: requestId, traceId };
      await startExecution({ durable, clock, randomness }, target, request);
    },
    clock,
    randomness,
    log,
  });
  return {
    operations: bindOperations(
      { catalog, admission, asyncQueue, durable, ledger, clock, randomness },
      operations,
    ),
    eventTarget: createLambdaTarget({ catalog, asyncQueue, clock, randomness, log }),
    start() {
      admission.start();
      asyncInvocations.start();
      durable.start();
    },
    counts: () => ({ ...admission.counts(), unsettledEvents: asyncInvocations.unsettled }),
    async drain(deadlineMs) {
      asyncInvocations.stop();
      admission.stop();
      durable.stop();
      const deadline = new AbortController();
      await Promise.race([
        Promise.all([admission.quiet(), asyncInvocations.quiet(), durable.quiet()]),
        sleep(clock, deadlineMs, deadline.signal),
      ]);
      deadline.abort();
    },
    async close() {
      await keptHabits?.close();
      await durable.close();
    },
  };
}
