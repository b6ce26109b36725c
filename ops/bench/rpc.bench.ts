/** Benchmark: one call to another process in our form, beside plain fetch and Bun.serve, and beside stock Connect. */
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { RouterService } from "../../proto/gen/chimera/router/v1/router_pb.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { router } from "../../shared/contracts.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { callRemote, type Remote } from "../../shared/kit/rpc.ts";
import { type Benchmark, inTurns, type Row, summarise } from "./measure.ts";

const CALLS = 4_000;
const IN_FLIGHT = 32;
const REPEATS = 5;
const PACED = 1_500;
const WARM_UPS = 300;
const PACE_MS = 1;
const KEY_BYTES = 32;

const intent = {
  ...{ intent_id: "0123456789abcdef0123456789abcdef:entry", account: "main", instrument: "FUT:BTCUSDT" },
  ...{ kind: "ENTRY", side: "BUY", qty: "0.006", type: "MARKET", working_type: "MARK_PRICE", reduce_only: false },
  ...{ leverage: 20, margin: "ISOLATED", exec: { policy: "MAKER_THEN_TAKER" } },
  ...{ stop_loss: { price: "59000.0" }, take_profit: { price: "61000.0" }, valid_until: 1_700_000_005_000 },
  ...{ signal_id: "0123456789abcdef0123456789abcdef", strategy_id: "book-pressure", config_rev: 1 },
} as const;

interface Form {
  what: string;
  call(): Promise<unknown>;
}

async function callee(key: Uint8Array): Promise<{ url: string; stop(): void }> {
  const command = [process.execPath, join(import.meta.dir, "rpc-callee.worker.ts"), Buffer.from(key).toString("hex")];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  for await (const chunk of child.stdout) {
    const port = Number(new TextDecoder().decode(chunk));
    return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
  }
  throw new Error("the callee did not start");
}

function formsAt(url: string, key: Uint8Array): Form[] {
  const clock = wallClock();
  const tokens = createTokens(key, clock);
  const remote: Remote = {
    url: "",
    net: fetchNet(clock),
    clock,
    caller: "s03",
    token: () => tokens.mint("s03", "s04"),
  };
  const ours = (form: string) => () =>
    callRemote({ ...remote, url: `${url}/${form}` }, [router, router.methods.placeOrder], [{ intent }, {}]);
  const stock = (useBinaryFormat: boolean) => {
    const client = createClient(RouterService, createConnectTransport({ baseUrl: `${url}/stock`, useBinaryFormat }));
    const message = {
      ...{ intentId: intent.intent_id, account: "main", instrument: intent.instrument, kind: "ENTRY", side: "BUY" },
      ...{ qty: "0.006", type: "MARKET", workingType: "MARK_PRICE", leverage: 20, margin: "ISOLATED" },
      ...{ exec: { policy: "MAKER_THEN_TAKER" }, stopLoss: { price: "59000.0" }, takeProfit: { price: "61000.0" } },
      ...{ validUntil: intent.valid_until, signalId: intent.signal_id, strategyId: intent.strategy_id, configRev: 1 },
    };
    return () => client.placeOrder({ intent: message });
  };
  const body = JSON.stringify({ intent });
  const headers = { "content-type": "application/json" };
  const raw = () => fetch(`${url}/raw`, { method: "POST", headers, body }).then((response) => response.json());
  return [
    { what: "plain fetch and Bun.serve, JSON", call: raw },
    { what: "ours, anyone may call", call: ours("codec") },
    { what: "ours, the caller's token checked", call: ours("checked") },
    { what: "stock Connect, JSON", call: stock(false) },
    { what: "stock Connect, binary", call: stock(true) },
  ];
}

/** Calls a second with `IN_FLIGHT` under way. */
async function rate({ call }: Form): Promise<number> {
  let left = CALLS;
  const begun = performance.now();
  const caller = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return (1_000 * CALLS) / (performance.now() - begun);
}

/** µs from asking to having the answer, one call at a time; the forms in turns. */
async function latencies(forms: readonly Form[]): Promise<Row[]> {
  const samples = forms.map(() => [] as number[]);
  for (let turn = 0; turn < WARM_UPS + PACED; turn++) {
    for (let nth = 0; nth < forms.length; nth++) {
      // Another one first each time: the first after a pause wakes everybody up.
      const at = (turn + nth) % forms.length;
      const begun = performance.now();
      await forms[at]!.call();
      if (turn >= WARM_UPS) samples[at]!.push(1_000 * (performance.now() - begun));
    }
    await Bun.sleep(PACE_MS);
  }
  return forms.map(({ what }, at) => summarise(what, "µs", samples[at]!));
}

export const benchmark: Benchmark = {
  what: "RPC: a typed call to another process and back, beside plain fetch and Bun.serve and beside stock Connect",
  async run() {
    const key = systemRandom().bytes(KEY_BYTES);
    const other = await callee(key);
    try {
      const forms = formsAt(other.url, key);
      const waits = await latencies(forms);
      const contenders = forms.map((form) => ({ what: form.what, once: () => rate(form) }));
      const rates = await inTurns(contenders, { unit: "calls/s", repeats: REPEATS });
      return {
        rows: [...waits, ...rates],
        ratios: {
          "latency p50, ours ÷ plain": waits[1]!.median / waits[0]!.median,
          "latency p50, ours with token ÷ plain": waits[2]!.median / waits[0]!.median,
          "throughput, ours with token ÷ stock JSON": rates[2]!.median / rates[3]!.median,
          "throughput, ours ÷ stock JSON": rates[1]!.median / rates[3]!.median,
        },
        notes: [
          "an entry's intent there, the order's first answer back; ours checks both shapes field by field, plain nothing",
          `latency: one call at a time; throughput: ${CALLS} calls, ${IN_FLIGHT} under way`,
        ],
      };
    } finally {
      other.stop();
    }
  },
};
