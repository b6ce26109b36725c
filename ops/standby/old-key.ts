/** Whether an exchange still takes a key: asks for balances by it, which changes nothing. */
import { signerOf } from "../../services/s01-exchange/binance/signature.ts";
import { hostsOf } from "../../services/s01-exchange/hosts.ts";
import s01 from "../../services/s01-exchange/service.ts";
import type { Settings } from "../../services/s01-exchange/types.ts";
import type { Market } from "../../shared/domain/instrument.ts";
import type { Clock, Net } from "../../shared/kit/ports.ts";
import { readSettings } from "../../shared/kit/settings.ts";
import type { ExchangeKey } from "../run/exchange-keys.ts";
import { paperVenueAt } from "../run/paper-urls.ts";

/** `refused`: as a key that is revoked (−2015, −2008). `unknown`: no answer, or another, from which nothing can be said. */
export type KeyAnswer = "taken" | "refused" | "unknown";
export type KeyAnswers = Record<Market, KeyAnswer>;

export interface AskParts {
  net: Pick<Net, "fetch">;
  clock: Pick<Clock, "now" | "sleep">;
  /** Says the mode and the exchange's addresses, as S1's settings do. */
  env: Readonly<Record<string, string | undefined>>;
}

const ASK_MS_MAX = 5_000;
const ROUNDS = 3;
const BETWEEN_MS = 2_000;
/** −2008: a key that was deleted, as the exchange says of some; it names no address that might be the reason. */
const REVOKED: readonly (number | undefined)[] = [-2008, -2015];
const QUESTIONS: Record<Market, { time: string; balances: string }> = {
  SPOT: { time: "/api/v3/time", balances: "/api/v3/account" },
  FUT: { time: "/fapi/v1/time", balances: "/fapi/v3/balance" },
};

/** Several times over some seconds; an answer stands where all rounds gave it, and one `taken` is enough for that. */
export async function askByKey(key: ExchangeKey, parts: AskParts): Promise<KeyAnswers> {
  const rounds: KeyAnswers[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await parts.clock.sleep(BETWEEN_MS);
    rounds.push({ SPOT: await askOnce("SPOT", key, parts), FUT: await askOnce("FUT", key, parts) });
  }
  const over = (market: Market): KeyAnswer => {
    const answers = rounds.map((round) => round[market]);
    if (answers.includes("taken")) return "taken";
    return answers.every((answer) => answer === "refused") ? "refused" : "unknown";
  };
  return { SPOT: over("SPOT"), FUT: over("FUT") };
}

/** Of a paper venue on this machine the ports move with all others. */
function hostsAsked(env: AskParts["env"]): { spot: string; fut: string } {
  const offset = Number(env.CHIMERA_PORT_OFFSET ?? 0);
  const ours = env.CHIMERA_MODE === "paper" ? paperVenueAt((port) => `127.0.0.1:${port + offset}`) : {};
  return hostsOf(readSettings(s01, { ...ours, ...env }) as Settings);
}

async function askOnce(market: Market, { api_key, secret }: ExchangeKey, { net, env }: AskParts): Promise<KeyAnswer> {
  const hosts = hostsAsked(env);
  const host = market === "SPOT" ? hosts.spot : hosts.fut;
  const { time, balances } = QUESTIONS[market];
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await net.fetch({ method: "GET", url: host + path, headers, timeoutMs: ASK_MS_MAX });
    return { status: answer.status, body: JSON.parse(answer.body) as { code?: number; serverTime?: number } };
  };
  try {
    const { serverTime } = (await get(time)).body;
    const query = `timestamp=${serverTime}`;
    const signature = encodeURIComponent(signerOf(secret)(query));
    const { status, body } = await get(`${balances}?${query}&signature=${signature}`, { "x-mbx-apikey": api_key });
    if (status === 200) return "taken";
    return REVOKED.includes(body.code) ? "refused" : "unknown";
  } catch {
    return "unknown";
  }
}
