import type { Member, StructureShape } from "../model/table.ts";

/** The member of an input or output that is a stream of events: a union, of which each event is one member. */
export function eventStreamMember(
  shape: StructureShape,
): { readonly name: string; readonly union: StructureShape } | undefined {
  const member = shape.members.find(isEventStream);
  return member === undefined ? undefined : { name: member.name, union: member.shape as StructureShape };
}

export function isEventStream({ shape, traits }: Member): boolean {
  return traits.streaming === 1 && shape.kind === "structure" && shape.union;
}
