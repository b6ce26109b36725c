/** From signals to decisions to S4: decides at once, places without making the stream wait, tells afterwards. */
import { intents } from "../../shared/collections/orders.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Intent, OrderAnswer, Side } from "../../shared/domain/order.ts";
import { asProblem, assert, type Problem } from "../../shared/errors.ts";
import { entryIntentId } from "../../shared/keys.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { ASK_AGAIN_MS, mayAskAgain } from "../../shared/trading/decision/ask-again.ts";
import type { CompiledBundle } from "../../shared/trading/decision/compiled.ts";
import { decide, SIDE_VALUE, undecidable } from "../../shared/trading/decision/decide.ts";
import type { ModelSays } from "../../shared/trading/decision/model.ts";
import type { AccountBook } from "./account-book.ts";
import type { ModelDesk } from "./model-desk.ts";
import type { Pauses } from "./pauses.ts";
import type { ProgramDesk } from "./program-desk.ts";
import type { Surroundings } from "./surroundings.ts";
import type { WriteBehind } from "./write-behind.ts";

/** Guards whose failing means that entries pause by themselves: people hear of it. */
const LIMIT_GUARDS = new Set(["losses_in_row", "daily_loss_usdt", "drawdown"]);
/** An entry that is to rest for long is taken by S4 as fast as any other. */
const ASK_MS_MAX = 10_000;
/** Older ones are looked up; of younger ones fewer than so many come. */
const RECENT_MS = 30_000;
const RECENT_MAX = 10_000;
const US_IN_MS = 1_000;
/** Entries acted on within what is written behind; far more than come in that time. */
const LOST_MAX = 200;

export interface Told {
  decided(decision: Decision, ms: number): void;
  placed(outcome: string): void;
  /** A limit of the account pauses entries, as of now. */
  limitReached(guard: string, decision: Decision): void;
  failed(what: string, error: unknown): void;
}
export interface StrategistParts {
  store: Store;
  clock: Clock;
  book: AccountBook;
  surroundings: Surroundings;
  pauses: Pauses;
  models: Pick<ModelDesk, "ask">;
  programs: Pick<ProgramDesk, "prepare" | "asker" | "keep">;
  writer: WriteBehind;
  placeOrder(request: { intent: Intent; decision: Decision }, options: { timeoutMs: number }): Promise<OrderAnswer>;
  told: Told;
  /** Why no risk should be added now. */
  noEntries(): string | undefined;
}

export class Strategist {
  private readonly parts: StrategistParts;
  private readonly limitsReached = new Set<string>();
  private readonly placing = new Set<Promise<unknown>>();
  /** Signals decided lately, or at this moment: one that is told again looks like a first one. */
  private readonly recent = new Set<string>();

  /** Signals from before it may have been decided by the process before this one. */
  private readonly startedAt: number;

  constructor(parts: StrategistParts) {
    this.parts = parts;
    this.startedAt = parts.clock.now();
  }

  /**
   * At the start: decisions are written behind, so a crash may have taken some; those that S4 acted on stand in its
   * intents, and are written from there.
   */
  async recover(owns: (instrument: InstrumentId) => boolean): Promise<void> {
    const { store } = this.parts;
    const newest = { sort: { field: "created_at", order: "desc" }, limit: LOST_MAX } as const;
    const { items } = await store.query(intents, newest);
    for (const { value } of items.toReversed()) {
      const { decision } = value;
      if (!decision || !owns(decision.instrument)) continue;
      if (!(await store.get(decisionsMade, decision.signal_id))) await this.keepActed(decision);
    }
  }

  /** One signal from the stream. A repeat finds its decision and does nothing. */
  async onSignal(signal: Signal, attempt: number): Promise<void> {
    if (await this.isDecided(signal, attempt)) return;
    await this.once(signal, () => this.decided(signal));
  }

  /** Undefined: somebody decides that signal at this moment, or has just done so. */
  async once<T>({ signal_id }: Signal, work: () => Promise<T>): Promise<T | undefined> {
    if (this.recent.has(signal_id)) return undefined;
    this.remember(signal_id);
    try {
      return await work();
    } catch (error) {
      this.recent.delete(signal_id);
      throw error;
    }
  }

  private async decided(signal: Signal): Promise<void> {
    const compiled = await this.parts.surroundings.revision(signal.config_rev);
    const decision = compiled ? await this.decideNow(signal, compiled) : this.unknownRevision(signal);
    if (!compiled) this.parts.told.decided(decision, 0);
    this.parts.writer.add(decision);
    this.place(decision);
    await this.settleState(decision);
  }

  /** What a program remembers is on record before its signal counts as heard; the entry is on its way by then. */
  async settleState({ program }: Decision): Promise<void> {
    // Of a store that is away people hear from the writer, which goes on trying.
    if (program) await this.parts.writer.flush().catch(() => {});
  }

  /**
   * Decides with the account as it is; from the last wait to the entry being counted there is no other turn. A model is
   * asked where nothing before it ended the entry, and all is looked at again with its word, since the world goes on
   * meanwhile: a word about one side says nothing about the other.
   */
  async decideNow(signal: Signal, compiled: CompiledBundle, at?: number): Promise<Decision> {
    const { clock, surroundings, programs, models, told } = this.parts;
    const instrument = await surroundings.listing(signal.instrument);
    const { program: written, model: use } = compiled.strategies.get(signal.strategy_id)?.strategy ?? {};
    if (written) await programs.prepare(written, signal);
    const started = clock.mono();
    const program = written && programs.asker(written, signal);
    const found = (model?: ModelSays): Decision => {
      const now = at ?? clock.now();
      const newest = surroundings.current() ?? compiled;
      const governing = at === undefined ? surroundings.governing(compiled.rev) : compiled;
      const account = this.account(newest, now);
      return decide({ signal, compiled, newest, governing, account, instrument, program, model, now });
    };
    let decision = found();
    let asked: Side | undefined;
    while (use && decision.model && decision.model.trouble !== "off" && decision.decision.side !== asked) {
      asked = decision.decision.side;
      assert(asked !== undefined, "a model is looked at for a side");
      decision = found(await models.ask(use, signal.features.values, SIDE_VALUE[asked]));
    }
    if (at === undefined) {
      programs.keep(decision);
      this.noteLimits(decision);
      told.decided(decision, clock.mono() - started);
      for (const intent of decision.intents) {
        this.parts.book.begin(intent, decision.sizing?.notional_usdt ?? "0");
      }
    }
    return { ...decision, latency_us: Math.max(0, Math.round((decision.ts - signal.features.ts) * US_IN_MS)) };
  }

  /** What would be decided, with no trace left of it. */
  async rehearse(signal: Signal, compiled: CompiledBundle, at: number): Promise<Decision> {
    return this.decideNow(signal, compiled, at);
  }

  /** Sends the decision's entries on their way; what comes of them is heard on the result stream. */
  place(decision: Decision): Promise<OrderAnswer | Problem>[] {
    return decision.intents.map((intent) => {
      const work = this.ask(intent, decision);
      this.placing.add(work);
      work.finally(() => this.placing.delete(work));
      return work;
    });
  }

  /** Resolves when no entry is on its way to S4 any more. */
  async settle(): Promise<void> {
    await Promise.all(this.placing);
  }

  private unknownRevision(signal: Signal): Decision {
    const { clock, surroundings } = this.parts;
    const health = { level: surroundings.health.level, effects: [] };
    return { ...undecidable(signal, "unknown_revision", clock.now()), health };
  }

  private account(newest: CompiledBundle, now: number) {
    const { book, surroundings, pauses, noEntries } = this.parts;
    return {
      ...book.state(now, newest.bundle.flags.risk),
      kill: surroundings.kill,
      health: surroundings.health.level,
      effects: surroundings.health.effects,
      health_silent: surroundings.health.isSilent,
      bus: noEntries(),
      paused_strategies: pauses.paused(),
      budget: surroundings.budget(now),
    };
  }

  private remember(signalId: string): void {
    this.recent.add(signalId);
    if (this.recent.size > RECENT_MAX) this.recent.delete(this.recent.values().next().value as string);
  }

  private async isDecided(signal: Signal, attempt: number): Promise<boolean> {
    const { store, writer, clock } = this.parts;
    if (writer.unwritten(signal.signal_id) || this.recent.has(signal.signal_id)) return true;
    if (attempt <= 1 && signal.ts >= Math.max(this.startedAt, clock.now() - RECENT_MS)) return false;
    if (await store.get(decisionsMade, signal.signal_id)) return true;
    // Written behind, so a crash may have taken it; what S4 acted on is in its intent.
    const acted = (await store.get(intents, entryIntentId(signal.signal_id, "entry")))?.value;
    if (acted?.decision) await this.keepActed(acted.decision);
    return acted !== undefined;
  }

  private async keepActed(decision: Decision): Promise<void> {
    this.parts.programs.keep(decision);
    this.parts.writer.add(decision);
    await this.settleState(decision);
  }

  /** Asks until S4 has answered or the entry is no longer valid; the same intent twice has one effect. */
  private async ask(intent: Intent, decision: Decision): Promise<OrderAnswer | Problem> {
    const { clock, book, told } = this.parts;
    const until = intent.valid_until ?? clock.now();
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await this.parts.placeOrder(
          { intent, decision },
          { timeoutMs: Math.min(ASK_MS_MAX, Math.max(1, until - clock.now())) },
        );
        book.onResult({ intent, answer });
        told.placed(answer.status);
        return answer;
      } catch (error) {
        const problem = asProblem(error);
        if (mayAskAgain(problem.code, { now: clock.now(), until })) {
          await clock.sleep(ASK_AGAIN_MS);
          continue;
        }
        this.notTaken(intent, problem, tries);
        if (problem.code === "INTERNAL") told.failed("placing an entry", error);
        return problem;
      }
    }
  }

  private notTaken(intent: Intent, problem: Problem, tries: number): void {
    const { clock, book, surroundings, writer, told } = this.parts;
    told.placed(problem.code);
    if (problem.code === "KILL_SWITCH") surroundings.sawKill();
    // After a time-out S4 may hold the entry all the same: it stays counted until S4 tells or it is long past.
    if (problem.code !== "TIMEOUT") book.refused(intent.intent_id);
    writer.addOutcome({
      signal_id: intent.signal_id ?? intent.intent_id,
      intent_id: intent.intent_id,
      instrument: intent.instrument,
      code: problem.code,
      message: problem.message,
      tries,
      ts: clock.now(),
    });
  }

  private noteLimits(decision: Decision): void {
    for (const { name, passed } of decision.guards) {
      if (!LIMIT_GUARDS.has(name)) continue;
      if (passed) this.limitsReached.delete(name);
      else if (!this.limitsReached.has(name)) {
        this.limitsReached.add(name);
        this.parts.told.limitReached(name, decision);
      }
    }
  }
}
