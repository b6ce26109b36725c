/** A client that trades without a pause while something happens, and tells what it met: refusals, cuts, waits. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { entry } from "./account.fixture.ts";
import { NEVER_MS, type Running } from "./process.fixture.ts";

export interface Met {
  /** Entries taken, exits taken. */
  entries: number;
  exits: number;
  /** Answers of 500 and above, with their code. */
  refused: string[];
  /** What the rules said no to. */
  forbidden: string[];
  /** Requests for which the gateway itself was not there, or hung up. */
  cuts: number;
  /** The longest that an entry waited from its first try until it was taken, ms. */
  longest_ms: number;
}

const AGAIN_MS = 100;
const LOOK_MS = 100;

export class OrderLoad {
  readonly met: Met = { entries: 0, exits: 0, refused: [], forbidden: [], cuts: 0, longest_ms: 0 };
  private readonly running: Running;
  private readonly name: string;
  private isOver = false;
  private lives: Promise<void>[] = [];

  constructor(running: Running, name: string) {
    this.running = running;
    this.name = name;
  }

  /** Opens and closes one trade after the other on each, until it is stopped. */
  async start(instruments: readonly string[]): Promise<void> {
    const first = await Promise.all(instruments.map((each) => entry(this.running, "", each)));
    this.lives = first.map((about, at) => this.live(about, `${this.name}-${at}`));
  }

  /** What is open is closed; resolves when it is. */
  async stop(): Promise<Met> {
    this.isOver = true;
    await Promise.all(this.lives);
    return this.met;
  }

  private async live(about: Awaited<ReturnType<typeof entry>>, name: string): Promise<void> {
    for (let round = 0; !this.isOver; round++) {
      const intent_id = `${name}-${round}`;
      const asked = performance.now();
      if (!(await this.send({ ...about, intent_id }))) continue;
      this.met.entries++;
      this.met.longest_ms = Math.max(this.met.longest_ms, Math.round(performance.now() - asked));
      const { answer } = await this.ended(intent_id);
      if (answer.filled_qty === "0") continue;
      const exit = {
        kind: "EXIT",
        side: "SELL",
        qty: answer.filled_qty,
        reduce_only: true,
        exec: { policy: "MARKET" },
      };
      const out = { intent_id: `${intent_id}-out`, instrument: about.instrument, ...exit };
      if (await this.send(out)) this.met.exits++;
      await this.ended(out.intent_id);
    }
  }

  /** Repeated under the same id until there is an answer, as clients are to do it; false: a rule forbids it. */
  private async send(intent: { intent_id: string }): Promise<boolean> {
    for (let isRepeat = false; ; isRepeat = true) {
      const answer = await this.running.post<{ code?: string; detail?: string }>("/orders", { intent }).catch(() => {
        this.met.cuts++;
        return undefined;
      });
      if (answer && answer.status < 300) return true;
      const isOurs = isRepeat && answer?.body.code === "STILL_RUNNING";
      if (answer && answer.status < 500 && !isOurs) {
        this.met.forbidden.push(`${intent.intent_id}: ${answer.body.code} ${answer.body.detail}`);
        await Bun.sleep(AGAIN_MS);
        return false;
      }
      if (answer) this.met.refused.push(`${intent.intent_id}: ${answer.body.code} ${answer.body.detail}`);
      await Bun.sleep(AGAIN_MS);
    }
  }

  private async ended(intentId: string): Promise<IntentRecord> {
    let record: IntentRecord | undefined;
    for (const begun = Date.now(); record?.state !== "DONE"; await Bun.sleep(LOOK_MS)) {
      if (Date.now() > begun + NEVER_MS) throw new Error(`${intentId} does not end`);
      const { intent } = await this.running
        .get<{ intent: IntentRecord }>(`/intents/${intentId}`)
        .catch(() => ({ intent: undefined }));
      record = intent ?? record;
    }
    return record;
  }
}
