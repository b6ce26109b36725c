/** Strategies written as programs, on record: tried before they are kept, never changed afterwards. */
import { createHash } from "node:crypto";
import { put } from "../../shared/changes.ts";
import { programKey, programs } from "../../shared/collections/programs.ts";
import type { ProgramCard, ProgramEvent } from "../../shared/domain/program.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { ProgramRunner } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { readAnswer } from "../../shared/trading/decision/program.ts";
import type { Ports } from "./in-force.ts";
import type { NewProgram, ProgramListAnswer, ProgramListRequest, ProgramNamed } from "./types.ts";

/** Moments of a trial run: one with everything a program may ask for, one with nothing known. */
const TRIAL: readonly ProgramEvent[] = [
  {
    ...{ instrument: "FUT:BTCUSDT", ts: 1_700_000_000_000, trigger: { kind: "bar", what: "5s" } },
    ...{ features: { mid: 60_000, spread_bps: 0.2 }, bid: 59_999.9, ask: 60_000.1, tick_size: 0.1 },
  },
  {
    ...{ instrument: "SPOT:ETHUSDT", ts: 1_700_000_005_000, trigger: { kind: "cross", what: "obi_5" } },
    ...{ features: {}, bid: null, ask: null, tick_size: 0.01 },
  },
];

export class Programs {
  private readonly ports: Ports & { runner: ProgramRunner };
  constructor(ports: Ports & { runner: ProgramRunner }) {
    this.ports = ports;
  }

  /** The same source again answers what is on record. Throws RULE for what is no program, or no pure one. */
  async register({ source, ...request }: NewProgram, author: string): Promise<ProgramCard> {
    const { store, clock, audit } = this.ports;
    const hash = createHash("sha256").update(source).digest("hex");
    const known = await store.get(programs, programKey(request.program_id, hash));
    if (known) return known.value;
    this.tryOut(source);
    const card: ProgramCard = { ...request, hash, source, author, created_at: clock.now() };
    const ref = programKey(card.program_id, hash);
    const entry = audit({ actor: author, what: "program.register", ref, after: { hash }, outcome: "stored" });
    try {
      await store.commit([put(programs, card, null), entry], { sync: "full" });
    } catch (error) {
      // Somebody else registered it meanwhile.
      const first = (await store.get(programs, ref))?.value;
      if (asProblem(error).code !== "CONFLICT" || !first) throw error;
      return first;
    }
    return card;
  }

  /** Each moment is asked in the state of the start. */
  private tryOut(source: string): void {
    const program = this.ports.runner.load(source);
    for (const event of TRIAL) {
      const state = program.start();
      const says = readAnswer(program.decide(state, event), state);
      if (says.trouble) refuse("RULE", `The program's answer is not what it should be: ${says.detail}`);
    }
  }

  async list({ program_id, ...asked }: ProgramListRequest): Promise<ProgramListAnswer> {
    const page = await this.ports.store.query(programs, newestFirst(asked, "created_at", { program_id }));
    return pageOf(page, ({ source: _source, ...about }) => about);
  }

  async get({ program_id, hash }: ProgramNamed): Promise<ProgramCard> {
    const row = await this.ports.store.get(programs, programKey(program_id, hash));
    return row?.value ?? refuse("NOT_FOUND", `There is no program ${program_id} with that hash.`);
  }
}
