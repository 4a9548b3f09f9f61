import { type EventTargets, type Log, parseArn } from "../base/index.ts";

/** Sends an event to the service that its target's ARN names; the list holds the services that can be targets. */
export function routeEvents(byService: Readonly<Record<string, EventTargets>>, log: Log): EventTargets {
  const find = (targetArn: string) => byService[parseArn(targetArn)?.service ?? ""];
  return {
    async check(targetArn, origin) {
      return (await find(targetArn)?.check(targetArn, origin)) ?? "unsupported";
    },
    async deliver(event) {
      const target = find(event.targetArn);
      if (target === undefined) {
        log.warn("event dropped: no service takes such a target", { target: event.targetArn, id: event.id });
        return;
      }
      await target.deliver(event);
    },
  };
}
