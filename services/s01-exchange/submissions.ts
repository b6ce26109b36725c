/** Every client order id is sent once: a repeat is answered by what became of the first, never by sending again. */
import type { ExchangeOrder } from "../../shared/contracts.ts";
import { asProblem, Problem } from "../../shared/errors.ts";

/** Client ids remembered; older ones are beyond any retry. */
const REMEMBERED_MAX = 50_000;

type Outcome = { sent: Promise<ExchangeOrder>; settled: boolean };

/** After these nothing has reached the exchange, so the same id may be tried again. */
const UNSENT: readonly string[] = ["UNAVAILABLE", "RATE_LIMITED", "KILL_SWITCH", "FORBIDDEN", "WRONG_STATE", "RULE"];

export class Submissions {
  private readonly outcomes = new Map<string, Outcome>();

  /** `send` runs only for an id that is new; `ask` finds out about one that was sent before. */
  async once(
    id: string,
    send: () => Promise<ExchangeOrder>,
    ask: () => Promise<ExchangeOrder>,
  ): Promise<ExchangeOrder> {
    const before = this.outcomes.get(id);
    if (before) return before.settled ? this.again(before, ask) : before.sent;
    const outcome: Outcome = { sent: send(), settled: false };
    this.remember(id, outcome);
    try {
      return await outcome.sent;
    } catch (error) {
      if (UNSENT.includes(asProblem(error).code)) this.outcomes.delete(id);
      throw error;
    } finally {
      outcome.settled = true;
    }
  }

  private async again(before: Outcome, ask: () => Promise<ExchangeOrder>): Promise<ExchangeOrder> {
    const first = await before.sent.catch((error: unknown) => asProblem(error));
    if (first instanceof Problem && first.code === "EXCHANGE_REFUSED") throw first;
    try {
      return await ask();
    } catch (error) {
      // The exchange may not know yet what it has taken: not found proves nothing.
      if (asProblem(error).code !== "NOT_FOUND") throw error;
      throw new Problem("EXCHANGE_UNKNOWN", "It was sent, and the exchange does not know it (yet).", { cause: error });
    }
  }

  private remember(id: string, outcome: Outcome): void {
    this.outcomes.set(id, outcome);
    if (this.outcomes.size <= REMEMBERED_MAX) return;
    const oldest = this.outcomes.keys().next().value;
    if (oldest !== undefined) this.outcomes.delete(oldest);
  }
}
