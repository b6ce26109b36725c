/** Objectives: what happened of each, how fast its error budget burns, and who is told when it burns too fast. */
import { z } from "@hono/zod-openapi";
import { put } from "../../shared/changes.ts";
import { watchMarks } from "../../shared/collections/operations.ts";
import { Slo } from "../../shared/domain/watching.ts";
import { on, verb } from "../../shared/kit/service.ts";
import { type HealthEvent, orderResults } from "../../shared/streams.ts";
import { judgeSlo, OBJECTIVES, type Objective } from "../../shared/trading/health/slo.ts";
import type { Part, Ports } from "./parts.ts";
import type { Readings } from "./readings.ts";
import { createRiskGate } from "./risk-gate.ts";
import type { Roller } from "./roller.ts";
import type { SeriesNames } from "./series-names.ts";
import { SloBook } from "./slo-book.ts";
import { createSloEvents, type SloEvents } from "./slo-events.ts";
import { createSloReader } from "./slo-reader.ts";

const MARK = "slo";
const WORDS = {
  PAGE: "so fast that the budget of 30 days lasts five at most: somebody is to look now",
  TICKET: "faster than it may: somebody is to look today or tomorrow",
} as const;

type State = Slo["state"];
type States = Record<string, { state: State; since: number }>;
interface Watched {
  readonly readings: Readings;
  readonly roller: Roller;
  readonly names: SeriesNames;
  shown(): HealthEvent & { since: number };
}
export interface SloPart extends Part {
  readonly events: SloEvents;
  /** What has been rolled up since the last time. */
  update(): Promise<void>;
}

export function sloPart(ports: Ports, { readings, roller, names, shown }: Watched): SloPart {
  const { settings, store, clock, metrics, alert } = ports;
  const events = createSloEvents(metrics, settings.marketAgeMsMax);
  const book = new SloBook();
  const reader = createSloReader({ store, clock, book, names, hoursUpTo: () => roller.upTo("hour") });
  const gate = createRiskGate({
    store,
    level: shown,
    found(intentId, missed) {
      events.count("risk_gate", missed === undefined ? 1 : 0, 1);
      if (missed) alert("ERROR", "RISK_GATE_MISSED", `The entry ${intentId} was sent although ${missed}.`);
    },
  });
  let states: States = {};

  const sloOf = (objective: Objective): Slo => {
    const { slo_id, title, objective: share } = objective;
    const now = clock.now();
    const since = states[slo_id]?.since;
    return {
      ...{ slo_id, title, objective: share, ...judgeSlo(objective, (ms) => book.within(slo_id, ms, now)) },
      ...(since !== undefined && { since }),
      history: book.history(slo_id, share, now),
    };
  };
  async function update(): Promise<void> {
    events.onOrders(readings.orders.recent(clock.now()), clock.now());
    if (!(await reader.readOn())) return;
    const next = { ...states };
    for (const objective of OBJECTIVES) {
      const { state } = sloOf(objective);
      const before = states[objective.slo_id]?.state;
      if (state === before) continue;
      next[objective.slo_id] = { state, since: clock.now() };
      tell(alert, objective, before, state);
    }
    if (OBJECTIVES.every(({ slo_id }) => next[slo_id] === states[slo_id])) return;
    states = next;
    await store.commit([put(watchMarks, { id: MARK, value: states, ts: clock.now() })]);
  }

  return {
    events,
    update,
    verbs: [
      verb({
        name: "listSlos",
        summary: "Objectives over 30 days, how fast their error budgets burn, and whether somebody is to look",
        rest: "GET /slo",
        input: z.object({}),
        output: z.object({ items: z.array(Slo) }),
        run: () => ({ items: OBJECTIVES.map(sloOf) }),
      }),
    ],
    consumes: [on(orderResults, gate)],
    async start() {
      states = ((await store.get(watchMarks, MARK))?.value.value as States | undefined) ?? {};
      await reader.load();
    },
  };
}

const isAlarm = (state: State | undefined): state is keyof typeof WORDS => state === "PAGE" || state === "TICKET";

/** Begins with what it is about, so that the end of it is known to be of the same. */
function tell(alert: Ports["alert"], { title }: Objective, before: State | undefined, state: State): void {
  if (isAlarm(before)) alert("INFO", "SLO_BURN_OVER", `${title}: its error budget no longer burns too fast.`);
  if (!isAlarm(state)) return;
  const [severity, code] =
    state === "PAGE" ? (["ERROR", "SLO_BURN_PAGE"] as const) : (["WARN", "SLO_BURN_TICKET"] as const);
  alert(severity, code, `${title}: its error budget burns ${WORDS[state]}.`);
}
