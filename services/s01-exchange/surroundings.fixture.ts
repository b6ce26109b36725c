/** Surroundings for tests: a virtual clock, seeded chance, a net that refuses, and counts that can be looked at. */
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { type Net, NetError } from "../../shared/kit/ports.ts";
import { type Meters, Settings, type Surroundings } from "./types.ts";

export interface TestSurroundings extends Surroundings {
  readonly clock: VirtualClock;
  /** Every metric by name and labels, counted or last set. */
  readonly counted: Map<string, number>;
  readonly warnings: string[];
  /** Codes of what was alerted. */
  readonly raised: string[];
}

const nowhere: Net = {
  fetch: () => Promise.reject(new NetError("refused", "no net in this test")),
  connect: (_url, events) => {
    events.close("no net in this test");
    return { send() {}, close() {} };
  },
};

const START_MS = 1_700_000_000_000;

export function testSurroundings(options: { settings?: Partial<Settings>; net?: Net } = {}): TestSurroundings {
  const counted = new Map<string, number>();
  const warnings: string[] = [];
  const raised: string[] = [];
  const meter = (name: string) => {
    const slot = (labels: Record<string, string> = {}) => [name, ...Object.values(labels)].join("/");
    const put = (value: number, labels?: Record<string, string>) => counted.set(slot(labels), value);
    return {
      inc: (labels?: Record<string, string>, by = 1) => put((counted.get(slot(labels)) ?? 0) + by, labels),
      set: put,
      forget() {
        for (const key of counted.keys()) if (key.startsWith(`${name}/`)) counted.delete(key);
      },
      observe: put,
    };
  };
  const names = ["frames", "dropped", "gaps", "reconnects", "accountEvents", "recordedBytes", "unrecorded"];
  const meters = Object.fromEntries(
    [...names, "marketAgeMs", "usedWeight", "clockOffsetMs", "socketUp", "ackMs"].map((name) => [name, meter(name)]),
  ) as unknown as Meters;
  const note = (message: string) => void warnings.push(message);
  return {
    settings: Settings.parse(options.settings ?? {}),
    net: options.net ?? nowhere,
    clock: new VirtualClock(START_MS),
    random: seededRandom("s01"),
    log: { debug() {}, info() {}, warn: note, error: note },
    raise: (_severity, code) => void raised.push(code),
    meters,
    counted,
    warnings,
    raised,
  };
}
