/** S8 Autopsy Generator: the story of a closed trade, with pictures. */
import { autopsyMarks, autopsyReports } from "../../shared/collections/autopsy.ts";
import { exchange } from "../../shared/contracts.ts";
import { asProblem } from "../../shared/errors.ts";
import { defineService, every, on } from "../../shared/kit/service.ts";
import { Prices } from "../../shared/minute-prices.ts";
import { positionEvents } from "../../shared/streams.ts";
import { autopsyVerbs } from "./autopsy.verbs.ts";
import { Reports } from "./reports.ts";
import { Sweep } from "./sweep.ts";
import { type Ports, Settings } from "./types.ts";

const DUE_MS = 5_000;
const CATCH_UP_MS = 900_000;
/** While prices cannot be asked for. */
const WAIT_MS = 15_000;

export default defineService({
  id: "s08",
  name: "s08-autopsy",
  title: "Autopsy Generator",
  port: 8088,
  settings: Settings,
  calls: { exchange },
  emits: [],
  usesBlobs: true,
  owns: [autopsyReports, autopsyMarks],

  setup({ settings, clock, store, blobs, build, calls, log, metrics, audit }) {
    const ports: Ports = { settings, clock, store, blobs, build, exchange: calls.exchange, audit };
    const reports = new Reports(ports, new Prices(ports));
    const sweep = new Sweep(ports, reports);
    const inTurn = oneAfterAnother();
    const looks = metrics.counter("autopsies_total", "Looks at closed trades by what came of them", ["outcome"]);
    let trouble: string | undefined;
    let notBefore = 0;

    /** What cannot be asked of the exchange now is asked some seconds later. */
    async function makeDue(): Promise<void> {
      if (clock.now() < notBefore) return;
      try {
        await sweep.due((outcome) => looks.inc({ outcome }));
        trouble = undefined;
      } catch (error) {
        const problem = asProblem(error);
        // A person had it made at the same moment.
        if (problem.code === "CONFLICT") return;
        if (problem.code === "INTERNAL") throw error;
        notBefore = clock.now() + WAIT_MS;
        trouble = problem.message;
        log.warn("reports wait", { error: problem.message });
      }
    }

    return {
      verbs: autopsyVerbs({ store, reports, inTurn }),
      consumes: [on(positionEvents, ({ trade }) => reports.expect(trade))],
      jobs: [
        every(DUE_MS, "autopsies-due", () => inTurn(makeDue)),
        every(CATCH_UP_MS, "autopsy-catch-up", () => inTurn(() => sweep.catchUp())),
      ],
      checks: [{ name: "autopsy-prices", critical: false, run: () => trouble && `reports wait: ${trouble}` }],
      start: () => sweep.catchUp(),
      onNewsLost: () => sweep.catchUp(),
    };
  },
});

/** Two reports are never made at once. */
function oneAfterAnother(): <T>(work: () => Promise<T>) => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = underWay.then(work, work);
    underWay = next;
    return next;
  };
}
