/** The kill switch: one epoch, stored before anyone is told, told until S4 and S1 have stored it too. */
import { put } from "../../shared/changes.ts";
import type { KillState } from "../../shared/collections/kill.ts";
import { killState } from "../../shared/collections/people.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import type { Log, Principal } from "../../shared/kit/service.ts";
import { createTelling, flatten, type KillCalls } from "./kill-telling.ts";
import type { KillAnswer, KillRequest } from "./types.ts";

/** How long an answer waits for entries in flight before it is a 202. */
const SETTLE_MS_MAX = 5_000;
const POLL_MS = 50;
/** A store that takes longer keeps nobody from hearing that entries end. */
const STORED_MS_MAX = 1_000;

/** No epoch is. */
const UNKNOWN = -1;

const WEAKEST_FIRST: readonly KillState["mode"][] = ["HALT", "CANCEL", "FLATTEN"];

/** On while it is on adds to it and takes nothing back: less than it does needs a second person, as off does. */
function modeOf({ enable, mode }: KillRequest, now: KillState): KillState["mode"] {
  const isWeaker = WEAKEST_FIRST.indexOf(mode) < WEAKEST_FIRST.indexOf(now.mode);
  return enable && now.enabled && isWeaker ? now.mode : mode;
}

export interface KillParts {
  store: Store;
  clock: Clock;
  log: Log;
  calls: KillCalls;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; after?: unknown }): Op;
}

/** Unreadable means on: until the store has answered, entries are off. */
const unread = (ts: number): KillState => ({
  id: "kill",
  enabled: true,
  mode: "HALT",
  epoch: 0,
  reason: "The kill switch's state has not been read yet.",
  actor: "s12",
  ts,
});

function isLate(work: Promise<void>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(STORED_MS_MAX, () => resolve(true));
    void work.then(() => {
      cancel();
      resolve(false);
    });
  });
}

/** Stores one state after the other, in the order of their epochs. */
function createKeeping({ store, audit }: KillParts) {
  let storing: Promise<void> = Promise.resolve();
  let waiting = 0;

  async function keep(next: KillState, also: readonly Op[]): Promise<void> {
    const { actor, epoch } = next;
    const entry = audit({ actor, what: "kill-switch", ref: String(epoch), outcome: "stored", after: next });
    keeping.kept = UNKNOWN;
    await store.commit([put(killState, next), entry, ...also], { sync: "full" });
    keeping.kept = epoch;
  }

  const keeping = {
    /** The epoch that the store surely has. */
    kept: 0,
    /** `also` is stored with it. */
    inTurn(next: KillState, also: readonly Op[]): Promise<void> {
      waiting += 1;
      const stored = storing
        .then(() => keep(next, also))
        .finally(() => {
          waiting -= 1;
        });
      storing = stored.catch(() => {});
      return stored;
    },
    /** Never rejects. */
    settled: () => storing,
    /** Nobody knows what the store has, and nothing is on its way there. */
    isInDoubt: (): boolean => keeping.kept === UNKNOWN && waiting === 0,
  };
  return keeping;
}

export function createKill(parts: KillParts) {
  const { store, clock, log, calls } = parts;
  let state = unread(clock.now());
  /** The highest epoch given out. */
  let newest = 0;
  const keeping = createKeeping(parts);
  const { tell, isStored } = createTelling(parts.calls, log);

  async function load(): Promise<void> {
    const row = await store.get(killState, "kill");
    state = row?.value ?? { ...state, enabled: false, mode: "CANCEL", reason: "Never used.", ts: clock.now() };
    newest = state.epoch;
    keeping.kept = state.epoch;
  }

  async function settle(): Promise<string[]> {
    const deadline = clock.mono() + SETTLE_MS_MAX;
    let outstanding = await tell(state);
    while (outstanding.length > 0 && clock.mono() < deadline) {
      await clock.sleep(POLL_MS);
      outstanding = await tell(state);
    }
    return outstanding;
  }

  function mayChange(request: KillRequest, who: Principal): void {
    if (request.enable) return;
    if (who.role !== "risk" && who.role !== "admin")
      refuse("FORBIDDEN", "Turning the kill switch off needs risk or admin.");
    if (request.epoch !== undefined && request.epoch !== state.epoch)
      refuse("CONFLICT", "The kill switch has been turned on or off again since.");
  }

  /** `also` is stored with it. */
  async function set(request: KillRequest, who: Principal, also: readonly Op[] = []): Promise<KillAnswer> {
    mayChange(request, who);
    // Counted at once and stored in this order, so that of an on and an off at the same moment one is the newest for all.
    newest += 1;
    const next: KillState = {
      id: "kill",
      enabled: request.enable,
      mode: modeOf(request, state),
      epoch: newest,
      reason: request.reason,
      actor: who.id,
      ts: clock.now(),
    };
    // In force at once: what is on in memory stays on even if it cannot be stored.
    if (next.enabled) state = next;
    const stored = keeping.inTurn(next, also);
    // Where the store takes its time, those who stop entries hear of it before.
    if (next.enabled && (await isLate(keeping.settled(), clock))) await tell(next);
    try {
      await stored;
    } catch (cause) {
      if (next.enabled) await tell(state);
      throw new Problem("UNAVAILABLE", "The kill switch could not be stored; it is on in memory if you turned it on.", {
        cause,
      });
    }
    if (next.epoch >= state.epoch) state = next;
    const outstanding = await settle();
    const closing = next.enabled && next.mode === "FLATTEN" ? await flatten(calls.position, next.reason, log) : [];
    return answer([...outstanding, ...closing]);
  }

  /**
   * What is on in memory alone would be off after a restart; and an off that had no answer may have been stored, though
   * whoever asked for it was told that it was not. So what is in force is stored above it, until the store has it.
   */
  async function keepAgain(): Promise<void> {
    newest += 1;
    const next = { ...state, epoch: newest };
    await keeping.inTurn(next, []);
    if (next.epoch > state.epoch) state = next;
  }

  const answer = (outstanding: string[]): KillAnswer => {
    const { enabled, mode, epoch, reason, actor, ts } = state;
    return { enabled, mode, epoch, reason, actor, ts, outstanding };
  };

  return {
    load,
    set,
    current: () => answer([]),
    /** What is in force now is stored too, so that a restart finds it. */
    isKept: () => keeping.kept === state.epoch,
    /**
     * Again and again until both have the newest epoch: after a restart of any of the three. FLATTEN stays in force
     * while the switch is on, so that neither a crash nor a position manager that was away leaves anything open.
     */
    async remind(): Promise<void> {
      if (state.epoch === 0 && !state.enabled) return;
      if (state.enabled || !isStored(state.epoch)) await tell(state);
      if (state.enabled && state.mode === "FLATTEN") await flatten(calls.position, state.reason, log);
      if (state.enabled && keeping.isInDoubt()) await keepAgain();
    },
  };
}
export type Kill = ReturnType<typeof createKill>;
