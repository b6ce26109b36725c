/** Strategies that are programs: loaded with the bundle, asked in the state they left off in, one for each instrument. */
import { programKey, programs } from "../../shared/collections/programs.ts";
import { strategyMarks } from "../../shared/collections/signals.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import type { ProgramTrouble, ProgramUse } from "../../shared/domain/program.ts";
import { asProblem } from "../../shared/errors.ts";
import type { Clock, LoadedProgram, ProgramRunner, Store } from "../../shared/kit/ports.ts";
import { type AskProgram, type ProgramSays, readAnswer } from "../../shared/trading/decision/program.ts";
import { programMark } from "./program-mark.ts";

/** Of one strategy and one trouble people hear once in so long. */
const TELL_AGAIN_MS = 60_000;
const PROGRAMS_KEPT = 32;

export interface ProgramDeskParts {
  store: Pick<Store, "get">;
  clock: Pick<Clock, "now">;
  runner: ProgramRunner;
  /** A program wished for nothing, and why. */
  troubled(use: ProgramUse, trouble: ProgramTrouble, why: string): void;
}

type About = Pick<Signal, "strategy_id" | "instrument">;
interface Remembered {
  state: unknown;
}

export class ProgramDesk {
  private readonly parts: ProgramDeskParts;
  private readonly loaded = new Map<string, LoadedProgram>();
  private readonly states = new Map<string, Remembered>();
  private readonly told = new Map<string, number>();

  constructor(parts: ProgramDeskParts) {
    this.parts = parts;
  }

  /** Reads what the next question needs; what cannot be read is missing then. */
  async prepare(use: ProgramUse, about: About): Promise<void> {
    const mark = programMark(about, use.hash);
    if (!this.states.has(mark)) {
      const row = await this.parts.store.get(strategyMarks, mark);
      // Decided meanwhile: what is in memory is newer.
      if (row && !this.states.has(mark)) this.states.set(mark, row.value.value as Remembered);
    }
    if (!this.loaded.has(keyOf(use))) await this.load(use);
  }

  /** Changes nothing: the state it answers with counts once the decision is kept. */
  asker(use: ProgramUse, about: About): AskProgram {
    return (event) => {
      const program = this.loaded.get(keyOf(use));
      if (!program) return { state: null, trouble: "missing" };
      let state: unknown = null;
      try {
        state = this.stateOf(use, about, program);
        return this.read(use, program.decide(state, event), state);
      } catch (error) {
        const problem = asProblem(error);
        const trouble = problem.code === "TIMEOUT" ? "slow" : "broken";
        this.tell(use, trouble, problem.message);
        return { state, trouble, detail: problem.message };
      }
    };
  }

  /** In trouble it has left no new state, and perhaps none at all. */
  keep({ program, ...about }: Pick<Decision, "program" | "strategy_id" | "instrument">): void {
    if (!program || program.trouble) return;
    this.states.set(programMark(about, program.hash), { state: program.state });
  }

  private read(use: ProgramUse, answer: unknown, before: unknown): ProgramSays {
    const says = readAnswer(answer, before);
    if (says.trouble) this.tell(use, says.trouble, says.detail ?? "");
    return says;
  }

  /** Another program begins anew: it would not understand what the former one remembered. */
  private stateOf({ hash }: ProgramUse, about: About, program: LoadedProgram): unknown {
    const kept = this.states.get(programMark(about, hash));
    return kept ? kept.state : program.start();
  }

  private async load(use: ProgramUse): Promise<void> {
    try {
      const card = (await this.parts.store.get(programs, keyOf(use)))?.value;
      if (!card) return this.tell(use, "missing", "it is not registered");
      this.loaded.set(keyOf(use), this.parts.runner.load(card.source));
      const [oldest] = this.loaded.keys();
      if (this.loaded.size > PROGRAMS_KEPT && oldest !== undefined) this.loaded.delete(oldest);
    } catch (error) {
      this.tell(use, "missing", asProblem(error).message);
    }
  }

  private tell(use: ProgramUse, trouble: ProgramTrouble, why: string): void {
    const key = `${keyOf(use)} ${trouble}`;
    const now = this.parts.clock.now();
    if (now - (this.told.get(key) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    this.told.set(key, now);
    this.parts.troubled(use, trouble, why);
  }
}

const keyOf = ({ program_id, hash }: ProgramUse): string => programKey(program_id, hash);
