/** One trade's life with the venue's faults around one of its phases. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { faultPlace, type MakeFaults } from "../venue/fault-table.ts";
import { Desk } from "./desk.fixture.ts";
import type { NamedStep, Phase } from "./steps.fixture.ts";

const STEP_MS = 4_000;
const FAULTY_MS = 12_000;
/** Every open question must be settled so long after a fault's end. */
const SETTLED_MS = 60_000;
export interface Case {
  instrument: InstrumentId;
  phase: Phase;
  faults: MakeFaults;
  seed: string;
  /** Kills there, once, in the phase. */
  kill?: NamedStep;
}

/** Killed services are back after this. */
const DOWN_MS = 300;

/** Kills at the first such step from now on; answers whether it has come to that. */
function killAt({ sim }: Desk, { is, kills, laterMs = 0 }: NamedStep): () => boolean {
  let done = false;
  sim.onStep((step) => {
    if (done || !is(step)) return;
    done = true;
    if (laterMs === 0) sim.kill(kills, DOWN_MS);
    else sim.clock.after(laterMs, () => sim.kill(kills, DOWN_MS));
  });
  return () => done;
}

/** Lives one trade from entry to exit with the faults on in `phase`; answers what is wrong when all is quiet again. */
export async function live(of: Case): Promise<string[]> {
  const { troubles, killed } = await liveThrough(of);
  return of.kill && !killed ? [...troubles, `${of.kill.name}: never came to that`] : troubles;
}

/** The same, telling whether there was a kill: with faults it may never come to the step. */
export async function liveThrough(of: Case): Promise<{ troubles: string[]; killed: boolean }> {
  const { instrument, phase, faults, seed, kill } = of;
  const desk = await Desk.open({ seed, instruments: [instrument], canCrash: kill !== undefined });
  const { sim, venue } = desk;
  const bodies = faults(faultPlace(instrument, phase === "entry" || phase === "exit" ? "plain" : "protective"));
  let isKilled = () => false;
  const during = async (now: Phase, act?: () => Promise<unknown>) => {
    if (now === phase) for (const body of bodies) await desk.fault(body);
    if (now === phase && kill) isKilled = killAt(desk, kill);
    void act?.();
    await sim.advance(now === phase ? FAULTY_MS : STEP_MS);
    if (now === phase) desk.clearFaults();
  };
  await during("entry", () => desk.enter(instrument));
  if (phase === "protection") {
    await desk.answered(desk.exit(instrument));
    await sim.advance(STEP_MS);
    void desk.enter(instrument);
    const before = venue.orders().length;
    await sim.clock.run(() => venue.orders().length > before);
    await during("protection");
  }
  await during("move", () => desk.moveStop(instrument, 0.995));
  await during("exit", () => desk.exit(instrument));
  await sim.advance(SETTLED_MS);
  return { troubles: [...(await desk.troubles()), ...(await desk.leftovers())], killed: isKilled() };
}
