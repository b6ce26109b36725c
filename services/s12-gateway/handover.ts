/** Waits out the moment in which nobody answers for something: it is handed over, or its only holder starts again. */
import { asProblem, type Code, FAILURES } from "../../shared/errors.ts";
import { type Clock, NetError } from "../../shared/kit/ports.ts";

/** A hand-over takes half a second, a restart some more. */
const WAITED_MS_MAX = 8_000;
const FIRST_WAIT_MS = 50;
const WAIT_MS_MAX = 400;

/** Said before anything is done: whatever was asked may be asked again. */
const BEFORE_ANYTHING: readonly Code[] = ["NOT_OWNER", "STOPPING", "NOT_READY"];

/** `isChange`: also while nobody can be reached, for what should not have to be asked again by people. */
export async function untilHandedOver(
  send: () => Promise<Response>,
  { clock, isChange }: { clock: Clock; isChange: boolean },
): Promise<Response> {
  const deadline = clock.mono() + WAITED_MS_MAX;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    const isLast = clock.mono() + waitMs >= deadline;
    try {
      const answer = await send();
      if (isLast || !(await isBefore(answer))) return answer;
    } catch (error) {
      const { cause } = asProblem(error);
      const isUnreached = cause instanceof NetError && cause.kind === "refused";
      if (isLast || !isChange || !isUnreached) throw error;
    }
    await clock.sleep(waitMs);
  }
}

async function isBefore(answer: Response): Promise<boolean> {
  if (answer.status !== FAILURES.NOT_OWNER.status) return false;
  const body = (await answer
    .clone()
    .json()
    .catch(() => undefined)) as { code?: Code } | undefined;
  return body?.code !== undefined && BEFORE_ANYTHING.includes(body.code);
}
