import bare from "./bare-import.cjs";

const { isBare, isUnfound, withParent } = bare;

/** The hook of Node.js before 22.15, which has them in a thread of their own. */
let parents = [];

export function initialize(data) {
  parents = data.parents;
}

export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!isUnfound(error) || !isBare(specifier)) throw error;
    for (const parent of parents) {
      try {
        return await nextResolve(specifier, withParent(context, parent));
      } catch (other) {
        if (!isUnfound(other)) throw other;
      }
    }
    throw error;
  }
}
