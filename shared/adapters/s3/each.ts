/** The same for many, some at a time. */

const AT_ONCE = 8;

/** Answers in the order of `items`; the first error ends it. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  const hand = async () => {
    while (next < items.length) {
      const at = next++;
      answers[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, hand));
  return answers;
}
