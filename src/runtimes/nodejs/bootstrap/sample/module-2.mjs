/** What a waiting process serves, to have all that serves a function at work before there is one. */
export const handler = async (event) => event;
