/** What an experiment runs on: its market as a tape, the models and programs that its bundle names. */
import { createHash } from "node:crypto";
import type { Tape } from "../../shared/backtest/tape.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { exchange } from "../../shared/contracts.ts";
import type { ExperimentResult } from "../../shared/domain/experiment.ts";
import { type InstrumentId, marketOf, symbolOf } from "../../shared/domain/instrument.ts";
import type { Latency } from "../../shared/engine/latency.ts";
import { type Listing, listingOf } from "../../shared/engine/listing.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import type { Checked } from "../../shared/experiment/check-design.ts";
import { warmUpMs } from "../../shared/experiment/warm-up.ts";
import { modelsOf, programsOf } from "../../shared/experiment-run/bundle-parts.ts";
import { groundOf, type TrialGround } from "../../shared/experiment-run/trial-ground.ts";
import type { Blobs, Clock, Store } from "../../shared/kit/ports.ts";
import type { CallOptions, Client } from "../../shared/kit/service.ts";
import { loadTape } from "../../shared/market-data/load-tape.ts";

export interface GroundPorts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly exchange: Client<typeof exchange>;
  readonly latency: Latency;
  readonly clock: Pick<Clock, "sleep">;
}
/** How far the reading is, of 1 or in words; and whether it is to stop. */
export interface Reading {
  onProgress(share: number): void;
  onWait(why: string): void;
  readonly signal: AbortSignal;
}

/** Between two questions about the past: those who trade ask the exchange too, and come first. */
const ASK_EVERY_MS = 1_000;
const WAIT_MS = 15_000;
/** What passes by itself. */
export const AWAY: ReadonlySet<string> = new Set([
  ...["UNAVAILABLE", "NOT_READY", "TIMEOUT", "RATE_LIMITED", "EXCHANGE_UNKNOWN"],
]);

const PROBLEMS_SHOWN = 50;

/**
 * Throws INVALID where there is no such market, naming what to do about it; RULE for a model or a program that is not
 * there.
 */
export async function groundFor(checked: Checked, ports: GroundPorts, reading: Reading) {
  const { design } = checked;
  const { bundle } = design;
  const tape = await tapeFor(checked, ports, reading);
  const { from_ts, to_ts } = tape.head;
  const { window } = design;
  if (tape.count === 0 || to_ts <= window.from || from_ts > window.to)
    refuse("INVALID", `${nothing(checked)} ${remedyOf(checked)}`);
  const ground: TrialGround = groundOf(design, {
    ...{ bundle, tape: tape.columns, latency: ports.latency },
    models: await modelsOf(bundle, ports),
    programs: await programsOf(bundle, ports),
  });
  return { ground, facts: factsOf(tape), tape_hash: await hashOf(tape, ports.clock, reading.signal) };
}

const CHUNK_BYTES = 8 << 20;

/** Over every event: an exchange may tell its past otherwise the next time. Others of the process get their turns. */
async function hashOf(
  { columns: { at, who, code, numbers } }: Tape,
  clock: GroundPorts["clock"],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [at, who, code, numbers]) {
    for (let done = 0; done < byteLength; done += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, byteLength - done);
      // A copy: shared memory is not hashed.
      hash.update(new Uint8Array(buffer, byteOffset + done, length).slice());
      await clock.sleep(0, signal);
    }
  }
  return hash.digest("hex");
}

async function tapeFor(checked: Checked, { store, blobs, exchange, clock }: GroundPorts, reading: Reading) {
  const { design, instruments, axes } = checked;
  const { data, window, bundle } = design;
  const listings = await listingsOf(store, instruments);
  const warm_up_ms = warmUpMs(bundle, instruments, axes);
  const getHistory = patient(exchange.getHistory, clock, reading);
  const getFundingRates = patient(exchange.getFundingRates, clock, reading);
  try {
    const asked = { blobs, data, instruments, window, warm_up_ms, listings, getHistory, getFundingRates };
    return await loadTape({
      ...asked,
      onProgress(share) {
        // Canceled: what is left is not read.
        reading.signal.throwIfAborted();
        reading.onProgress(share);
      },
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "INVALID") throw error;
    throw new Problem("INVALID", `${error.message}. ${remedyOf(checked)}`, { errors: error.errors, cause: error });
  }
}

/** Asks slowly, and again after a while where the exchange is away or has been asked too much. */
function patient<Q, A>(
  ask: (question: Q, options: CallOptions) => Promise<A>,
  clock: GroundPorts["clock"],
  { signal, onWait }: Reading,
): (question: Q, options: CallOptions) => Promise<A> {
  return async (question, options) => {
    for (;;) {
      await clock.sleep(ASK_EVERY_MS, signal);
      try {
        return await ask(question, options);
      } catch (error) {
        if (!(error instanceof Problem) || !AWAY.has(error.code)) throw error;
        onWait(error.message);
        await clock.sleep(error.retryAfterMs ?? WAIT_MS, signal);
      }
    }
  };
}

async function listingsOf(store: Store, instruments: readonly InstrumentId[]): Promise<Listing[]> {
  const rows = await Promise.all(instruments.map((instrument) => store.get(instrumentRegistry, instrument)));
  const unknown = instruments.filter((_, i) => rows[i] === undefined);
  if (unknown.length > 0) {
    refuse("INVALID", `The exchange does not list ${unknown.join(", ")}: see GET /xchg/instruments.`);
  }
  return rows.flatMap((row) => (row ? [listingOf(row.value)] : []));
}

const nothing = ({ design: { data } }: Checked): string => `There are no ${data.form} in the window.`;

/** What a person can do so that there is data. */
function remedyOf({ design: { data, window }, instruments }: Checked): string {
  const day = (ts: number): string => new Date(ts).toISOString().slice(0, 10);
  const [first = ""] = instruments;
  const what = data.form === "bars" ? `--interval ${data.timeframe}` : "--kind aggTrades";
  const series = `--market ${marketOf(first)} --symbol ${symbolOf(first)} ${what}`;
  switch (data.source) {
    case "library": {
      const span = `--from ${day(window.from)} --to ${day(window.to)}`;
      const download = `./chimera data download ${series} ${span}`;
      return `./chimera data list tells what the library has; ${download} fetches more, ./chimera data import takes files.`;
    }
    case "recordings":
      return "Recordings are made while the system runs with CHIMERA_S01_RECORD_FRAMES=true.";
    case "exchange":
      return "The exchange tells bars only, as far back as it keeps them.";
  }
}

const factsOf = ({ head, count }: Tape): ExperimentResult["data"] => ({
  ...{ source: head.source, from_ts: head.from_ts, to_ts: head.to_ts, events: count },
  problems: head.problems.first.slice(0, PROBLEMS_SHOWN).map((problem) => ({ ...problem })),
});
