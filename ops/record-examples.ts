/** Records the API's examples: each operation asked once of a system in memory, what is secret taken out. */
import { join } from "node:path";
import type { Examples } from "../services/s12-gateway/api-example.ts";
import type { Json } from "../services/s12-gateway/api-merge.ts";
import { signedInAs } from "../services/s12-gateway/session.fixture.ts";
import { softwareKey } from "../services/s12-gateway/software-key.fixture.ts";
import { type Client, createClient } from "../shared/client/client.ts";
import type { Answers, Inputs } from "../shared/client/gen/types.ts";
import { defaultListings } from "../shared/engine/listing.ts";
import { ROOT } from "./build.ts";
import { whileRunning } from "./sim/requests.ts";
import { openSimulation, type Simulation } from "./sim/simulate.ts";
import { AgentsMarket } from "./venue/agents.ts";

export const EXAMPLES_PATH = "services/s12-gateway/api-examples.json";
const AT = "http://localhost:8092";
const PASSWORD = "correct-horse-1";
const INSTRUMENT = "FUT:BTCUSDT";
/** Long enough for bars, decisions and their trades. */
const LEAD_MS = 90_000;
const SETTLE_MS = 3_000;
/** After the examples' beginning, which is the epoch's. */
const HOUR_MS = 3_600_000;
const SIGNING_KEY = `whsec_${"A".repeat(32)}`;
const ITEMS_MAX = 2;

type Name = keyof Inputs & keyof Answers;
type Seen = Partial<{ [K in Name]: Answers[K] }>;
type Row = { [K in Name]: [K, Inputs[K] | ((seen: Seen) => Inputs[K]), "risk"?] }[Name];

const SPOT = "SPOT:BTCUSDT";
const intent = { intent_id: "example-1", instrument: SPOT, kind: "ENTRY", side: "BUY", notional_usdt: "500" } as const;
const RESTING = "example-2";
const hypothesis = {
  ...{ hypothesis_id: "dips-come-back", title: "Dips come back", family: "dips" },
  statement: "What has fallen far within minutes rises again within the hour, by more than it costs to trade.",
  design: {
    ...{ bundle: "active", method: "WALK_FORWARD", benchmark: "hold" },
    window: { from: Date.UTC(2024, 4, 1), to: Date.UTC(2024, 6, 1) },
    params: [{ path: "flags.sizing.take_profit_roe", min: 0.04, max: 0.16, step: 0.02, scale: "linear" }],
  },
} as const satisfies Inputs["recordHypothesis"];
const first = <T>(listing: { items: T[] } | undefined): T => listing?.items[0] as T;

/** In this order; `risk`: asked by the second person. */
const ROWS: readonly Row[] = [
  ["listInstruments", { instrument: INSTRUMENT }],
  ["order", { intent }],
  ["listOrders", { instrument: SPOT, limit: 2 }],
  ["readOrder", (seen) => ({ id: first(seen.listOrders).client_order_id })],
  ["readIntent", { intent_id: intent.intent_id }],
  ["listPlans", { limit: 2 }],
  ["readPlan", (seen) => ({ intent_id: first(seen.listPlans).intent_id })],
  ["listFills", { instrument: SPOT, limit: 2 }],
  ["listTrades", { status: "ACTIVE", limit: 2 }],
  ["readTrade", (seen) => ({ id: first(seen.listTrades).trade_id })],
  [
    "managePositions",
    (seen) => ({ instruments: [first(seen.listTrades).instrument], actions: ["TRAIL_SL"], dry_run: true }),
  ],
  ["search", { q: intent.intent_id }],
  ["reconcile", { mode: "ALL", dry_run: true }],
  ["listReconciliations", { limit: 2 }],
  ["readReconciliation", (seen) => ({ run_id: first(seen.listReconciliations).run_id })],
  ["listDecisions", { limit: 2 }],
  ["getDecision", (seen) => ({ signal_id: first(seen.listDecisions).signal_id })],
  ["decide", { instrument: INSTRUMENT, dry_run: true }],
  ["getFeatures", { instrument: INSTRUMENT }],
  ["pauseStrategy", (seen) => ({ strategy_id: first(seen.listDecisions).strategy_id, reason: "Looking into it" })],
  ["resumeStrategy", (seen) => ({ strategy_id: first(seen.listDecisions).strategy_id })],
  ["listHistory", { instrument: INSTRUMENT, timeframe: "1m", limit: 2 }],
  ["getMetrics", { metric: "chimera_calls_total" }],
  ["getServiceHealth", { id: "s04", replica: 1 }],
  ["listAlerts", { limit: 2 }],
  ["acknowledgeAlert", (seen) => ({ id: first(seen.listAlerts).alert_id })],
  ["acknowledgeAlerts", (seen) => ({ alert_ids: [first(seen.listAlerts).alert_id], note: "Looking into it" })],
  ["resolveAlert", (seen) => ({ id: first(seen.listAlerts).alert_id, note: "It is over" })],
  ["makeSilence", { match: { codes: ["MARKET_GAP"] }, until_ts: HOUR_MS, note: "Maintenance of the line" }],
  ["endSilence", (seen) => ({ id: (seen.makeSilence as { silence_id: string }).silence_id })],
  ["sealChannelSecret", { channel_id: "ops", secret: SIGNING_KEY }],
  ["readTax", { year: 2026 }],
  ["triggerAutoTransfer", { trigger_id: "example-1", reason: "Margin runs low" }],
  ["askTransfer", { from: "SPOT", to: "FUT", amount_usdt: "100", reason: "More margin" }],
  ["listApprovals", { state: "PENDING", limit: 2 }],
  ["getApproval", (seen) => ({ id: first(seen.listApprovals).approval_id })],
  ["approve", (seen) => ({ id: first(seen.listApprovals).approval_id }), "risk"],
  ["listTransfers", { limit: 2 }],
  ["armLive", { reason: "All checks hold" }],
  ["disarmLive", { reason: "Looking into it" }],
  ["addUser", { username: "rita", role: "risk" }],
  ["setUserRole", { username: "rita", role: "viewer" }],
  ["resetPassword", { username: "rita" }],
  ["disableUser", { username: "rita" }],
  ["enableUser", { username: "rita" }],
  ["listUsers", { limit: 2 }],
  ["createApiKey", { name: "my dashboard", role: "viewer", read_only: true, expires_in_days: 30 }],
  ["listApiKeys", { limit: 2 }],
  ["revokeApiKey", (seen) => ({ key_id: first(seen.listApiKeys).key_id })],
  ["login", { username: "admin", password: PASSWORD }],
  ["refresh", (seen) => ({ refresh_token: (seen.login as { refresh_token: string }).refresh_token })],
  ["listSessions", {}],
  ["confirm", { password: PASSWORD }],
  ["offerPasskey", {}],
  ["addPasskey", (seen) => ({ name: "my telephone", credential: key.create(seen.offerPasskey as never) as never })],
  ["listPasskeys", {}],
  ["challengePasskey", {}],
  ["removePasskey", (seen) => ({ passkey_id: first(seen.listPasskeys).passkey_id })],
  ["cancel", { intent_id: RESTING, reason: "Not needed" }],
  ["listAudit", { limit: 2 }],
  ["readLabels", (seen) => ({ signal_id: first(seen.listDecisions).signal_id })],
  ["getActive", {}],
  ["draftBundle", (seen) => nextBundle(seen)],
  ["simulateBundle", { bundle_id: "shipped", sensitivity: { epsilon: 0.05, topk: 3, n_eval: 100 } }],
  ["getSimulation", (seen) => ({ sim_id: (seen.simulateBundle as { sim_id: string }).sim_id })],
  ["backfillLabels", { horizon_h: 12 }],
  ["readLabelJob", (seen) => ({ job_id: (seen.backfillLabels as { job_id: string }).job_id })],
  ["cancelLabelJob", (seen) => ({ job_id: (seen.backfillLabels as { job_id: string }).job_id })],
  ["trainModel", { model_id: "baseline", label_horizon: 12 }],
  ["cancelTraining", (seen) => ({ training_id: (seen.trainModel as { training_id: string }).training_id })],
  ["getTraining", (seen) => ({ training_id: (seen.trainModel as { training_id: string }).training_id })],
  ["recordHypothesis", () => hypothesis],
  ["runExperiment", { hypothesis_id: hypothesis.hypothesis_id, note: "A first look" }],
  ["getExperiment", (seen) => ({ exp_id: (seen.runExperiment as { exp_id: string }).exp_id })],
  [
    "listTrials",
    (seen) => ({ exp_id: (seen.runExperiment as { exp_id: string }).exp_id, sort: "score" as const, limit: 2 }),
  ],
  ["listExperimentTrades", (seen) => ({ exp_id: (seen.runExperiment as { exp_id: string }).exp_id })],
  ["cancelExperiment", (seen) => ({ exp_id: (seen.runExperiment as { exp_id: string }).exp_id })],
  ["getHypothesis", { hypothesis_id: hypothesis.hypothesis_id }],
  ["flattenPositions", { reason: "The end of the day", instruments: [INSTRUMENT] }],
  ["setKillSwitch", { enable: true, mode: "CANCEL", reason: "Looking into it" }],
];
/** Asked when all else is done. */
const LAST: readonly Row[] = [
  [
    "endSession",
    (seen) => ({ session_id: seen.listSessions?.items.find(({ current }) => !current)?.session_id ?? "" }),
  ],
  ["endOtherSessions", {}],
  ["offerSecondFactor", {}],
  ["logout", {}],
];
function nextBundle({ getActive: active }: Seen): Inputs["draftBundle"] {
  return { ...(active?.bundle as Inputs["draftBundle"]), rev: (active?.rev ?? 0) + 1 };
}
const key = softwareKey(AT);

/** Their answers are schemas, whose references would be taken for the document's own. */
const SCHEMAS: ReadonlySet<string> = new Set(["getOpenApi", "getConfigSchema"]);
/** What has come of them is looked at afterwards. */
const TAKE_THEIR_TIME: ReadonlySet<string> = new Set(["order", "simulateBundle"]);
/** What is asked without a word: all others that need none. */
const PLAIN = /^(get|list|read|check|who|budget)/;
/** Of what is told once, or proves who somebody is. */
const SECRET =
  /password|(access|refresh)_token|secret|api_key$|recovery|signature|clientData|attestationObject|authenticatorData|^(challenge|rawId|uri|x)$/i;
const HIDDEN = "not-shown";

export async function recordExamples(names: readonly string[]): Promise<{ examples: Examples; failed: string[] }> {
  const sim = await openSimulation({
    seed: "examples",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD, CHIMERA_S12_PUBLIC_URL: AT },
  });
  await sim.advance(LEAD_MS);
  const [admin, risk] = [await clientOf(sim, "ada", "admin"), await clientOf(sim, "ron", "risk")];
  await whileRunning(sim.clock, rest(admin));
  await sim.advance(SETTLE_MS);
  const plain = names.filter((name) => PLAIN.test(name) && ![...ROWS, ...LAST].some(([each]) => each === name));
  const examples: Examples = {};
  const failed: string[] = [];
  const seen: Record<string, unknown> = {};
  const all = [...ROWS, ...plain.map((name): Row => [name, {}] as never), ...LAST];
  const rows = all.filter(([name]) => names.includes(name) && !SCHEMAS.has(name));
  for (const [name, given, who] of rows) {
    try {
      const input = (typeof given === "function" ? given(seen as Seen) : given) as never;
      const call = (who === "risk" ? risk : admin)[name] as (input: never) => Promise<unknown>;
      seen[name] = await whileRunning(sim.clock, call(input));
      examples[name] = { input: shown(input), answer: shown(seen[name] as Json) };
      await sim.advance(TAKE_THEIR_TIME.has(name) ? SETTLE_MS : 0);
    } catch (error) {
      failed.push(`${name}: ${error}`);
    }
  }
  await whileRunning(sim.clock, sim.services.stop());
  return { examples, failed };
}

/** An order far below the market, to be cancelled. */
async function rest(client: Client): Promise<void> {
  const { items } = await client.listHistory({ instrument: "SPOT:ETHUSDT", timeframe: "1m", limit: 1 });
  const price = String(Math.floor(Number(first({ items }).close) * 0.9));
  const wanted = { type: "LIMIT", price, exec: { policy: "LIMIT_ONLY" } } as const;
  await client.order({ intent: { ...intent, ...wanted, intent_id: RESTING, instrument: "SPOT:ETHUSDT" } });
}

async function clientOf(sim: Simulation, username: string, role: "admin" | "risk"): Promise<Client> {
  const token = await whileRunning(sim.clock, signedInAs(sim, username, role));
  const { clock } = sim;
  let keys = 0;
  return createClient({
    url: AT,
    token,
    fetch: (request) => sim.services.hosted.get("s12")!.fetch(request),
    machine: {
      now: () => clock.now(),
      chance: () => 0,
      freshKey: () => `${username}-${++keys}`,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
  });
}

/** Short, and without what is secret. */
function shown(value: Json, name = ""): Json {
  if (typeof value === "string") return SECRET.test(name) ? HIDDEN : value;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((each) => shown(each, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, each]) => [inner, shown(each, inner)]));
}

if (import.meta.main) {
  const { OPERATIONS } = await import("../shared/client/gen/operations.ts");
  const { examples, failed } = await recordExamples(Object.keys(OPERATIONS));
  await Bun.write(join(ROOT, EXAMPLES_PATH), `${JSON.stringify(examples, null, 2)}\n`);
  for (const each of failed) process.stderr.write(`${each}\n`);
  process.stderr.write(`${Object.keys(examples).length} examples of ${Object.keys(OPERATIONS).length} operations\n`);
}
