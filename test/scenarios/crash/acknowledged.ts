/** What the server has promised, over all its lives, and what it may or may not have done besides. */
export class Acknowledged {
  /** Keys of objects whose PutObject was answered; their content follows from the key. */
  readonly objects: Set<string>;
  /** The highest number written to the object that is overwritten again and again. */
  overwritten: number;
  /** Keys of items put, none of them twice. */
  readonly items: Set<string>;
  /** Increments of the counter. */
  increments: number;
  /** Increments sent and not answered: each may have happened. */
  uncertainIncrements: number;
  readonly functions: Set<string>;
  /** The highest number written to the description of the function that is updated. */
  described: number;
  /** Events that Invoke has accepted with 202. */
  readonly events: Set<string>;
  /** Request ids of synchronous invocations that were answered. */
  readonly invocations: Set<string>;
  readonly logMessages: Set<string>;
  readonly roles: Set<string>;

  /** Nothing, or what another knows at this moment. */
  constructor(other?: Acknowledged) {
    this.objects = new Set(other?.objects);
    this.overwritten = other?.overwritten ?? 0;
    this.items = new Set(other?.items);
    this.increments = other?.increments ?? 0;
    this.uncertainIncrements = other?.uncertainIncrements ?? 0;
    this.functions = new Set(other?.functions);
    this.described = other?.described ?? 0;
    this.events = new Set(other?.events);
    this.invocations = new Set(other?.invocations);
    this.logMessages = new Set(other?.logMessages);
    this.roles = new Set(other?.roles);
  }

  counts(): Record<string, number> {
    return {
      objects: this.objects.size,
      overwritten: this.overwritten,
      items: this.items.size,
      increments: this.increments,
      functions: this.functions.size,
      described: this.described,
      events: this.events.size,
      invocations: this.invocations.size,
      logMessages: this.logMessages.size,
      roles: this.roles.size,
    };
  }
}

/** The bytes of an object, from its name alone: whoever reads half of it, or another's, sees it. */
export function bodyOf(name: string): Buffer {
  let hash = 2_166_136_261;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  const body = Buffer.alloc(1 + (hash % LARGEST_BODY));
  body.fill(`${name}\n`);
  return body;
}

const LARGEST_BODY = 200_000;
