import { type Arn, parseArn } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { DocumentCollection } from "../collection.ts";
import { type ControlPlane, demandNoUpdate } from "../control-plane.ts";
import { withTags } from "../deployment.ts";
import { because, type Cause, foreignAccount } from "../errors.ts";
import { findFunction, locateFor } from "../lookup.ts";
import type { Tags } from "./tags.ts";

/** Whatever has tags. https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html */
export interface TaggedResource {
  readonly tags: Tags;
  /** `change` runs again if another writer came first, so it holds all the checks. */
  retag(change: (present: Tags) => Tags): Promise<void>;
}

type Find = (plane: ControlPlane, context: RequestContext, arn: string) => TaggedResource;

/** By the first part of an ARN's resource. */
const KINDS: Readonly<Record<string, Find>> = {
  function: taggedFunction,
  "event-source-mapping": inCollection(({ mappings }) => mappings.collection, "eventSourceMappingMissing"),
  "code-signing-config": inCollection(({ codeSigning }) => codeSigning.collection, "signingConfigGone"),
  "capacity-provider": inCollection(
    ({ capacityProviders }) => capacityProviders.collection,
    "capacityProviderMissing",
  ),
};

/** The resource that a tag operation's ARN names. */
export function taggedResource(
  plane: ControlPlane,
  context: RequestContext,
  resource: string | undefined,
): TaggedResource {
  const arn = resource ?? "";
  const find = KINDS[kindOf(parseArn(arn))];
  if (find === undefined) throw because("resourceMissing");
  return find(plane, context, arn);
}

function kindOf(arn: Arn | undefined): string {
  return arn?.resource.split(":", 1)[0] ?? "";
}

function taggedFunction(plane: ControlPlane, context: RequestContext, arn: string): TaggedResource {
  const target = locateFor(plane, context, { FunctionName: arn }, { shared: true });
  if (target.qualifier !== undefined) throw because("tagsOnQualified");
  const entry = findFunction(plane, target);
  return {
    tags: entry.document.tags,
    async retag(change) {
      await plane.repository.update(entry, entry.name, (present) => {
        demandNoUpdate(present);
        return withTags(present.document, change(present.document.tags), plane.randomness);
      });
    },
  };
}

function inCollection<Document extends { readonly format: number; readonly tags: Tags }>(
  collectionOf: (plane: ControlPlane) => DocumentCollection<Document>,
  missing: Cause,
): Find {
  return (plane, context, text) => {
    const arn = parseArn(text);
    if (arn !== undefined && arn.account !== context.account) throw foreignAccount();
    const id = (arn?.resource ?? "").slice(kindOf(arn).length + 1);
    const collection = collectionOf(plane);
    const held = arn?.region === context.region ? collection.get(arn, id) : undefined;
    if (held === undefined) throw because(missing, { arn: text });
    return {
      tags: held.document.tags,
      async retag(change) {
        const after = await collection.update(held, held.id, ({ document }) => ({
          ...document,
          tags: change(document.tags),
        }));
        if (after === undefined) throw because(missing, { arn: text });
      },
    };
  };
}
