/** Chimera's API as typed functions: `createClient({ url, token }).listOrders({ status: "FILLED" })`. */
import { type Caller, type ClientOptions, createCaller, type Input } from "./call.ts";
import type { CallOptions } from "./call-options.ts";
import { OPERATIONS } from "./gen/operations.ts";
import type { Api, Inputs } from "./gen/types.ts";
import { type Listening, listen } from "./listen.ts";
import { type LiveOptions, openLive } from "./live.ts";
import { decided } from "./problem.ts";

/** Operations that answer CSV too. */
export type CsvOperation = {
  [K in keyof typeof OPERATIONS]: (typeof OPERATIONS)[K] extends { csv: true } ? K : never;
}[keyof typeof OPERATIONS];

export interface Client extends Api {
  /** A list as CSV, all of its pages under one header line. */
  csv<K extends CsvOperation>(name: K, input: Inputs[K], options?: CallOptions): Promise<string>;
  /** What happens, as it happens; after a break with all that was missed, or a `resync`. Ends with the loop or the signal. */
  events: Listening;
  /** The same for a view that shows the state of its connection too. */
  live(options: LiveOptions): ReturnType<typeof openLive>;
}

const NEXT_CURSOR = "chimera-next-cursor";

export function createClient(options: ClientOptions = {}): Client {
  const caller = createCaller(options);
  const calls = Object.entries(OPERATIONS).map(([name, operation]) => {
    const call = async (input: Input = {}, given?: CallOptions): Promise<unknown> => {
      const response = await caller.send(operation, input, given);
      return decided(response.status, await response.json());
    };
    return [name, call] as const;
  });
  return {
    ...(Object.fromEntries(calls) as unknown as Api),
    csv: (name, input, given) => csvOf(caller, name, { input, given }),
    live: (wanted) => openLive(caller, wanted),
    events: (wanted) => listen(caller, wanted),
  };
}

async function csvOf(
  caller: Caller,
  name: CsvOperation,
  { input, given }: { input: Input; given: CallOptions | undefined },
): Promise<string> {
  const parts: string[] = [];
  let cursor = input.cursor;
  do {
    const response = await caller.send(OPERATIONS[name], { ...input, cursor }, { ...given, accept: "text/csv" });
    const text = await response.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    cursor = response.headers.get(NEXT_CURSOR) ?? undefined;
  } while (cursor !== undefined);
  return parts.join("");
}
