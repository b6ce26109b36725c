/** The page of all identifiers and key names that are made rather than received, each made by its own function. */
import {
  cacheName,
  directoryName,
  dlqName,
  EPOCH,
  FAMILIES,
  groupsName,
  idsName,
  keysName,
  lockName,
  marksName,
  NEWS,
  quotaNames,
  rateName,
  scheduleNames,
  streamName,
} from "../../shared/adapters/redis/names.ts";
import { factsBlob, reportBlob } from "../../shared/collections/autopsy.ts";
import { tradesBlob, trialBlob } from "../../shared/collections/experiments.ts";
import { modelBlob } from "../../shared/collections/models.ts";
import {
  auditHeadsKey,
  bookKey,
  budgetName,
  clientOrderId,
  entryIntentId,
  featureKey,
  MARKET_DATA,
  pauseKey,
  recordingKey,
  signalId,
  tradeIntentId,
} from "../../shared/keys.ts";
import { leaseName } from "../../shared/kit/fences.ts";
import { replicasGroup } from "../../shared/kit/replicas.ts";
import { orderResults } from "../../shared/streams.ts";

type Row = readonly [what: string, example: string, made: string];

const TS = Date.UTC(2026, 0, 2, 3);
const INSTRUMENT = "FUT:BTCUSDT";
const SIGNAL = signalId("trend", INSTRUMENT, TS);
const STREAM = streamName(orderResults.family, INSTRUMENT);
const [reservations, used] = quotaNames(budgetName("main"));
const [due, payloads] = scheduleNames("labels");
const someone = "…";

const IDS: readonly Row[] = [
  ["signal_id", SIGNAL, "hash of strategy, instrument and the trigger's exchange time"],
  ["intent_id of an entry", entryIntentId(SIGNAL, "entry"), "`signal_id:leg`"],
  ["intent_id of what S6 asks", tradeIntentId(SIGNAL, "exit", 3), "`trade_id:action:seq`"],
  ["trade_id", SIGNAL, "the signal's; of an order by hand its intent's"],
  [
    "client order id",
    clientOrderId("ab12", entryIntentId(SIGNAL, "entry"), "0"),
    "the installation's tag and a hash of intent and slice; at most 36 characters",
  ],
  ["book", bookKey("main", INSTRUMENT), "account and instrument"],
  ["features of a bar", featureKey(INSTRUMENT, "1m", TS), "instrument, window, the bar's end"],
  ["pause", pauseKey("trend", INSTRUMENT), "a strategy, or a strategy on one instrument"],
];
const BLOBS: readonly Row[] = [
  ["market recording", recordingKey(INSTRUMENT, TS), "raw frames of one instrument and hour, gzip"],
  ["history of markets", `${MARKET_DATA}…`, "what `./chimera data import` and `download` brought"],
  ["report of a trade", reportBlob(someone), "by report"],
  ["facts of a report", factsBlob(someone), "what it was made from"],
  ["trial", trialBlob(someone, 7), "curve, trades and decisions of one trial"],
  ["trades of an experiment", tradesBlob(someone, 0), "the best run's, by page"],
  ["model", modelBlob(someone), "ONNX, by its SHA-256"],
  ["heads of the audit chain", auditHeadsKey(TS), "one file a day, UTC"],
];
const REDIS: readonly Row[] = [
  ["stream", STREAM, "stream; the braces are its cluster slot"],
  ["its dead letters", dlqName(STREAM), "stream"],
  ["its message ids", idsName(STREAM), "sorted set, by when they were added"],
  ["its marks", marksName(STREAM), "hash: last number, owners and dead letters of groups"],
  ["epoch", EPOCH, "string: changes when something was lost"],
  ["families", FAMILIES, "set of reliable streams"],
  ["keys of a family", keysName(orderResults.family), "set"],
  ["groups of a family", groupsName(orderResults.family), "set"],
  ["news", NEWS, "channel: a family has got a key"],
  ["lease of a shard", lockName(leaseName("s04", 2)), "held by one replica, with its fence"],
  ["replicas", directoryName(replicasGroup("s04")), "hash: who is there, until when, holding what"],
  ["reservations", reservations, "hash: amount by intent, micro-USDT"],
  ["their sum", used, "number"],
  ["what is due", due, "sorted set, by time"],
  ["its payloads", payloads, "hash"],
  ["cache", cacheName(someone), "string with an end"],
  ["rate limit", rateName(someone), "who asks, and for what"],
];

const ABOUT = `No identifier is drawn by chance where it could be asked for twice: the same moment makes the same id under any
revision and after any restart. Examples are of strategy \`trend\` on ${INSTRUMENT} at ${new Date(TS).toISOString()}.`;

export function keysPage(note: string): string {
  const table = (rows: readonly Row[]): string => {
    const lines = rows.map(([what, example, made]) => `| ${what} | \`${example}\` | ${made} |`);
    return `| what | example | how it is made |\n| --- | --- | --- |\n${lines.join("\n")}`;
  };
  const sections = [
    ["Identifiers", IDS],
    ["Blobs", BLOBS],
    ["Redis", REDIS],
  ] as const;
  const text = sections.map(([title, rows]) => `## ${title}\n\n${table(rows)}`).join("\n\n");
  return `${note}\n\n# Keys\n\n${ABOUT}\n\n${text}\n`;
}
