/** Calls to S1, each with its outcome told apart: answered, certainly refused, or unknown. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { asProblem, type Code, type Problem } from "../../shared/errors.ts";
import { Breaker, type BreakerRules } from "../../shared/trading/execution/breaker.ts";
import { Lanes } from "./lanes.ts";
import type { Ports } from "./types.ts";

export type Outcome<T> =
  | { kind: "answered"; value: T }
  /** The exchange did not take it, or it was never sent. */
  | { kind: "refused"; problem: Problem }
  /** It may have been taken. */
  | { kind: "unknown"; problem: Problem };

/** Below 500, yet no word about the order. */
const UNDECIDED: readonly Code[] = ["STILL_RUNNING", "CONFLICT"];
/** 503, yet said before anything was sent: S1 or the exchange was not reached. */
const NEVER_SENT: readonly Code[] = ["UNAVAILABLE", "NOT_OWNER", "NOT_READY", "STOPPING"];
/** Refusals that speak of the exchange's or the line's health, not of the order. */
const FAILING: readonly Code[] = ["RATE_LIMITED", "UNAVAILABLE"];

export function outcomeOf(error: unknown): Outcome<never> {
  const problem = asProblem(error);
  const isDecided = problem.status < 500 && !UNDECIDED.includes(problem.code) && !isDuplicate(problem);
  const refused = NEVER_SENT.includes(problem.code) || isDecided;
  return { kind: refused ? "refused" : "unknown", problem };
}

/** The exchange has an order of this client id already: what became of the sending is known only by asking about it. */
const isDuplicate = (problem: Problem): boolean =>
  problem.code === "EXCHANGE_REFUSED" && /-4116|duplicate/i.test(problem.message);

const isFromExchange = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === "answered" ||
  (outcome.kind === "refused" && (outcome.problem.code === "EXCHANGE_REFUSED" || outcome.problem.code === "NOT_FOUND"));

export class Venue {
  private readonly ports: Ports;
  private readonly breaker = new Breaker();
  /** It was open when people were last told of it. */
  private toldOpen = false;
  private readonly questions: Lanes;
  /** When the exchange itself last answered a call, whatever it said; epoch ms. */
  answeredAt = Number.NEGATIVE_INFINITY;

  constructor(ports: Ports) {
    this.ports = ports;
    this.questions = new Lanes(ports.settings.questionsAtOnce);
  }

  get calls() {
    return this.ports.exchange;
  }

  /** Never throws; every outcome counts for the breaker. */
  async attempt<T>(call: (options: { timeoutMs: number }) => Promise<T>): Promise<Outcome<T>> {
    this.breakerOpensIn();
    let outcome: Outcome<T>;
    try {
      outcome = { kind: "answered", value: await call({ timeoutMs: this.ports.settings.exchangeTimeoutMs }) };
    } catch (error) {
      outcome = outcomeOf(error);
    }
    if (isFromExchange(outcome)) this.answeredAt = this.ports.clock.now();
    const failed = outcome.kind === "unknown" || (outcome.kind === "refused" && FAILING.includes(outcome.problem.code));
    if (this.breaker.record(failed, this.ports.clock.mono(), this.breakerRules())) {
      this.ports.alert("ERROR", "BREAKER_OPEN", "too many exchange calls fail", "entries are refused, exits pass");
      this.toldOpen = true;
    }
    return outcome;
  }

  /** A question about one instrument: a few at a time, so that what is unknown of one does not use up the calls of all. */
  ask<T>(instrument: InstrumentId, call: (options: { timeoutMs: number }) => Promise<T>): Promise<Outcome<T>> {
    return this.questions.run(instrument, () => this.attempt(call));
  }

  /** Milliseconds until entries may pass again; 0: they may now. */
  breakerOpensIn(): number {
    const ms = this.breaker.opensIn(this.ports.clock.mono());
    // It closes by the passing of time alone, which is noticed by whoever looks first.
    if (ms === 0 && this.toldOpen) {
      this.toldOpen = false;
      this.ports.alert("INFO", "BREAKER_CLOSED", "the breaker's time is over", "entries are tried again");
    }
    return ms;
  }

  private breakerRules(): BreakerRules {
    const { execution } = this.ports.config().bundle.flags;
    return {
      failShare: execution.breaker_fail_share,
      windowMs: execution.breaker_window_ms,
      openMs: execution.breaker_open_ms,
      callsMin: this.ports.settings.breakerCallsMin,
    };
  }
}
