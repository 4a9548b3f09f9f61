import { type Clock, environmentLimits } from "../../base/index.ts";
import type { LogsDropped, PlatformEvent } from "../logs/platform-event.ts";
import { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import { type TelemetryEvent, textFor } from "./telemetry-event.ts";
import { type ConnectInside, transportTo } from "./transports.ts";

export interface TelemetrySurroundings {
  readonly connect: ConnectInside;
  /** A subscriber did not take events in time. Told when its buffer is flushed, of all since the last time. */
  readonly onDropped: (record: LogsDropped) => void;
}

/**
 * What one environment's subscribers are told. Until the end of the init everything is kept, because a subscriber is
 * told of what was before it; without subscribers nothing costs anything afterwards.
 */
export class TelemetryHub {
  readonly #clock: Clock;
  readonly #surroundings: TelemetrySurroundings;
  readonly #subscribers = new Map<string, Subscriber>();
  #history: TelemetryEvent[] | undefined = [];
  #historyBytes = 0;
  #frozen = false;

  constructor(clock: Clock, surroundings: TelemetrySurroundings) {
    this.#clock = clock;
    this.#surroundings = surroundings;
  }

  /** Whether anybody listens, or might listen and be told later. */
  get active(): boolean {
    return this.#history !== undefined || this.#subscribers.size > 0;
  }

  get open(): boolean {
    return this.#history !== undefined;
  }

  publishPlatform(time: number, platform: PlatformEvent): void {
    this.#publish({ time, type: "platform", platform, bytes: PLATFORM_EVENT_BYTES });
  }

  publishLine(
    time: number,
    type: "function" | "extension",
    line: string,
    object: Readonly<Record<string, unknown>> | undefined,
  ): void {
    this.#publish({ time, type, line, object, bytes: 2 * line.length + PLATFORM_EVENT_BYTES });
  }

  #publish(event: TelemetryEvent): void {
    for (const subscriber of this.#subscribers.values()) tell(subscriber, event);
    if (this.#history === undefined) return;
    if (this.#historyBytes + event.bytes > environmentLimits.telemetryHistoryBytes) return;
    this.#historyBytes += event.bytes;
    this.#history.push(event);
  }

  /** Replaces what the same extension had subscribed to before. */
  subscribe(extensionId: string, subscription: Subscription): void {
    this.#subscribers.get(extensionId)?.close();
    const transport = transportTo(subscription.destination, {
      connect: this.#surroundings.connect,
      clock: this.#clock,
      frozen: () => this.#frozen,
    });
    const { onDropped } = this.#surroundings;
    const subscriber = new Subscriber(subscription, transport, this.#clock, onDropped);
    this.#subscribers.set(extensionId, subscriber);
    for (const event of this.#history ?? []) tell(subscriber, event);
  }

  /** Which of the two APIs an extension has used. */
  apiOf(extensionId: string): Subscription["api"] | undefined {
    return this.#subscribers.get(extensionId)?.subscription.api;
  }

  /** The init is over. */
  closeSubscriptions(): void {
    this.#history = undefined;
    this.#historyBytes = 0;
  }

  /** For a new init: its subscribers subscribe again. */
  reset(): void {
    this.close();
    this.#history = [];
    this.#frozen = false;
  }

  flush(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.flush();
  }

  /** Whether a subscriber has not got everything yet. */
  get busy(): boolean {
    for (const subscriber of this.#subscribers.values()) if (subscriber.busy) return true;
    return false;
  }

  pause(): void {
    this.#frozen = true;
    for (const subscriber of this.#subscribers.values()) subscriber.pause();
  }

  resume(): void {
    this.#frozen = false;
    for (const subscriber of this.#subscribers.values()) subscriber.resume();
  }

  close(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.close();
    this.#subscribers.clear();
    this.#historyBytes = 0;
    this.#history = undefined;
  }
}

/** About what an event of the platform takes in memory. */
const PLATFORM_EVENT_BYTES = 512;

function tell(subscriber: Subscriber, event: TelemetryEvent): void {
  const text = textFor(event, subscriber.subscription);
  if (text !== undefined) subscriber.push(text);
}
