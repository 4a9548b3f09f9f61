/** What the server has promised, over all its lives, and what it may or may not have done besides. */
export class Acknowledged {
  /** Keys of objects whose PutObject was answered; their content follows from the key. */
  readonly objects = new Set<string>();
  /** The highest number written to the object that is overwritten again and again. */
  overwritten = 0;
  /** Keys of items put, none of them twice. */
  readonly items = new Set<string>();
  /** Increments of the counter. */
  increments = 0;
  /** Increments sent and not answered: each may have happened. */
  uncertainIncrements = 0;
  readonly functions = new Set<string>();
  /** The highest number written to the description of the function that is updated. */
  described = 0;
  /** Events that Invoke has accepted with 202. */
  readonly events = new Set<string>();
  /** Request ids of synchronous invocations that were answered. */
  readonly invocations = new Set<string>();
  readonly logMessages = new Set<string>();
  readonly roles = new Set<string>();

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
