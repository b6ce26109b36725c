/** The strategy engine of a backtest: signals decided with the account as it is, entries sent to the router. */
import type { Decision, Signal } from "../domain/decision.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import { dec } from "../domain/money.ts";
import type { Intent, Side } from "../domain/order.ts";
import { asProblem, assert, Problem } from "../errors.ts";
import type { AccountState } from "../trading/decision/account.ts";
import { AccountTally } from "../trading/decision/account-tally.ts";
import { ASK_AGAIN_MS, mayAskAgain } from "../trading/decision/ask-again.ts";
import type { CompiledBundle } from "../trading/decision/compiled.ts";
import { decide, SIDE_VALUE } from "../trading/decision/decide.ts";
import type { ModelSays } from "../trading/decision/model.ts";
import { type AskProgram, readAnswer } from "../trading/decision/program.ts";
import { budgetOf } from "../trading/execution/budget.ts";
import type { BacktestProgram, BacktestStep } from "./backtest-options.ts";
import type { RouterDesk, Word } from "./router-desk.ts";
import type { Timeline } from "./timeline.ts";

const BUDGET_EVERY_MS = 1_000;
const US_IN_MS = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

export interface StrategyParts {
  readonly timeline: Timeline;
  readonly compiled: CompiledBundle;
  readonly router: RouterDesk;
  readonly programs: ReadonlyMap<string, BacktestProgram>;
  listing(instrument: InstrumentId): Instrument | undefined;
  decided(decision: Decision): void;
}

export class StrategyDesk {
  readonly tally: AccountTally;
  private readonly parts: StrategyParts;
  private readonly states = new Map<string, unknown>();
  private budget: AccountState["budget"];
  /** Of the books that it was read from. */
  private budgetVersion = -1;

  constructor(parts: StrategyParts) {
    this.parts = parts;
    this.tally = new AccountTally({ now: () => parts.timeline.now() }, () => true);
    this.readBudget();
    parts.timeline.every(BUDGET_EVERY_MS, () => this.readBudget());
  }

  private readBudget(): void {
    const { compiled, router } = this.parts;
    if (router.book.version === this.budgetVersion) return;
    this.budgetVersion = router.book.version;
    const { budget, used, reserved } = budgetOf(
      dec(compiled.bundle.flags.risk.budget_usdt),
      router.book.holdings(),
      router.book.running(),
    );
    this.budget = { budget_usdt: budget, used_usdt: used, reserved_usdt: reserved };
  }

  /** Decides one signal; a model is asked where nothing before it ended the entry. */
  *decide(signal: Signal): Generator<BacktestStep, void, ModelSays | undefined> {
    const { compiled, timeline, listing, decided } = this.parts;
    const use = compiled.strategies.get(signal.strategy_id)?.strategy.model;
    const instrument = listing(signal.instrument);
    const program = this.programOf(signal);
    const now = timeline.now();
    const found = (model?: ModelSays): Decision =>
      decide({ signal, compiled, account: this.account(now), instrument, program, model, now });
    let decision = found();
    let asked: Side | undefined;
    while (use && decision.model && decision.decision.side !== asked) {
      asked = decision.decision.side;
      assert(asked !== undefined, "a model is looked at for a side");
      decision = found(yield { kind: "model", use, features: signal.features.values, side: SIDE_VALUE[asked] });
    }
    if (decision.program && !decision.program.trouble) this.states.set(markOf(signal), decision.program.state);
    for (const intent of decision.intents) this.tally.begin(intent, decision.sizing?.notional_usdt ?? "0");
    const latency_us = Math.max(0, Math.round((decision.ts - signal.features.ts) * US_IN_MS));
    const made = { ...decision, latency_us };
    decided(made);
    for (const intent of made.intents) this.place(intent, made);
  }

  private account(now: number): AccountState {
    const { compiled } = this.parts;
    return {
      ...this.tally.state(now, compiled.bundle.flags.risk),
      kill: false,
      health: "GREEN",
      bus: undefined,
      paused_strategies: NOBODY,
      budget: this.budget,
    };
  }

  private programOf(signal: Signal): AskProgram | undefined {
    const { compiled, programs } = this.parts;
    const use = compiled.strategies.get(signal.strategy_id)?.strategy.program;
    const program = use && programs.get(use.hash);
    if (!program) return undefined;
    return (event) => {
      let state: unknown = null;
      try {
        const mark = markOf(signal);
        state = this.states.has(mark) ? this.states.get(mark) : program.start();
        return readAnswer(program.decide(state, event), state);
      } catch (error) {
        const { code, message } = asProblem(error);
        return { state, trouble: code === "TIMEOUT" ? "slow" : "broken", detail: message };
      }
    };
  }

  /** Asks until the router has answered or the entry is no longer valid. */
  private place(intent: Intent, decision: Decision): void {
    this.parts.router.place(intent, decision, (word) => this.heardWord(intent, decision, word));
  }

  private heardWord(intent: Intent, decision: Decision, word: Word): void {
    const { timeline } = this.parts;
    if (!(word instanceof Problem)) {
      this.tally.onResult({ intent, answer: word });
      return;
    }
    const until = intent.valid_until ?? timeline.now();
    const isAgain = mayAskAgain(word.code, { now: timeline.now(), until });
    if (isAgain) timeline.after(ASK_AGAIN_MS, () => this.place(intent, decision));
    else this.tally.refused(intent.intent_id);
  }
}

/** A program has one memory for each strategy and instrument. */
const markOf = ({ strategy_id, instrument }: Signal): string => `${strategy_id}/${instrument}`;
