/** Waits out the moment in which nobody answers for something: it is handed over, or its only holder starts again. */
import { asProblem, type Code, FAILURES, refuse } from "../../shared/errors.ts";
import { type Clock, NetError } from "../../shared/kit/ports.ts";

/** A hand-over takes half a second, a restart some more. */
const WAITED_MS_MAX = 8_000;
const FIRST_WAIT_MS = 50;
const WAIT_MS_MAX = 400;

/** Said before anything is done: whatever was asked may be asked again. */
const BEFORE_ANYTHING: readonly Code[] = ["NOT_OWNER", "STOPPING", "NOT_READY"];

interface Held {
  clock: Clock;
  /** Also while nobody can be reached, for what should not have to be asked again by people. */
  isChange: boolean;
  /** Aborted when whoever asked has gone away: nothing is done for them afterwards. */
  signal?: AbortSignal | undefined;
}

export async function untilHandedOver(
  send: () => Promise<Response>,
  { clock, isChange, signal }: Held,
): Promise<Response> {
  const deadline = clock.mono() + WAITED_MS_MAX;
  let isRepeat = false;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    const isLast = () => clock.mono() + waitMs >= deadline;
    try {
      const answer = await send();
      if (!(await isAskedAgain(answer, isRepeat)) || isLast()) return answer;
    } catch (error) {
      const { cause } = asProblem(error);
      const isUnreached = cause instanceof NetError && cause.kind === "refused";
      if (!isChange || !isUnreached || isLast()) throw error;
    }
    isRepeat = true;
    await clock.sleep(waitMs);
    if (signal?.aborted) refuse("UNAVAILABLE", "Nobody was there for it in time, and whoever asked has gone away.");
  }
}

/** Whoever answers for it may have been away when it was asked what it answers: nobody has been asked to do anything yet. */
export async function untilFound<T>(find: () => Promise<T>, { clock, isChange, signal }: Held): Promise<T> {
  const deadline = clock.mono() + WAITED_MS_MAX;
  for (;;) {
    try {
      return await find();
    } catch (error) {
      const isAway = asProblem(error).code === "UNAVAILABLE";
      if (!isChange || !isAway || signal?.aborted || clock.mono() + WAIT_MS_MAX >= deadline) throw error;
    }
    await clock.sleep(WAIT_MS_MAX);
  }
}

/**
 * Only what says when to ask again passes: without a key, or a first config, a service is not ready for long. What is
 * still running after we have repeated it is what we asked for ourselves: whoever asked us, asked once.
 */
async function isAskedAgain(answer: Response, isRepeat: boolean): Promise<boolean> {
  const { NOT_OWNER, STILL_RUNNING } = FAILURES;
  const isRunning = answer.status === STILL_RUNNING.status;
  if (!answer.headers.has("retry-after") || !(answer.status === NOT_OWNER.status || (isRepeat && isRunning)))
    return false;
  const body = (await answer
    .clone()
    .json()
    .catch(() => undefined)) as { code?: Code } | undefined;
  const { code } = body ?? {};
  return code !== undefined && (isRunning ? code === "STILL_RUNNING" : BEFORE_ANYTHING.includes(code));
}
