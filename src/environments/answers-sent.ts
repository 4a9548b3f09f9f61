/** Resolves when all that follows from what has just been resolved is done, before anything is read. */
export function answersSent(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
