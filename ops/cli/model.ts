/** `model`: models in ONNX that strategies may use: made from weights, trained, registered, listed. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "@hono/zod-openapi";
import { parse as parseYaml } from "yaml";
import type { ModelCard } from "../../shared/domain/model.ts";
import { logisticOnnx } from "../../shared/trading/model/onnx-logistic.ts";
import type { Command } from "./command.ts";
import { runTraining, TRAINING_WORDS, trainUsage } from "./model-train.ts";
import { howToUse } from "./model-use.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { askService } from "./service-asking.ts";
import { bold, dim, green, note, print } from "./terminal.ts";

const HORIZONS = ["12", "24", "36"] as const;
/** Weights beyond it would be no probabilities but certainties. */
const WEIGHT_MAX = 1e6;

const usage = `Usage: ./chimera model make WEIGHTS.yaml --out MODEL.onnx
       ./chimera model register MODEL.onnx --id NAME --features a,b,… [--horizon ${HORIZONS.join("|")}]
                                [--reference x,y,…] [--metric auc=0.61]… [--note TEXT]
       ./chimera model train --id NAME …      (--help after it tells more; so with trainings and cancel)
       ./chimera model list

A model gives the probability that an entry's label turns out positive. It is an ONNX file with one input of floats
[rows, inputs] whose output is a probability a row (or one for each of two classes, the second being the positive one);
probabilities as a map must be left out when it is exported.

  make       writes a logistic regression from weights by factor and a bias:
               bias: -0.2
               weights: { spread_bps: -0.4, obi_5: 1.1, side: 0 }
  train      has one trained on the signals and labels of the running installation, and registered
  register   has it tried and kept, and prints the lines by which a bundle's strategy uses it. Its inputs, in the
             model's order, are factors of that bundle, or side (1 to buy, -1 to sell)
  list       what is registered, newest first

  --reference  what each input is on average: contributions are told against it (zeros)
  --data DIR   of the running installation (${DEFAULT_DATA})
  --json       the answer as it is`;

const OPTIONS = {
  out: { type: "string" },
  id: { type: "string" },
  features: { type: "string" },
  horizon: { type: "string", default: "24" },
  reference: { type: "string" },
  metric: { type: "string", multiple: true, default: [] as string[] },
  note: { type: "string" },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  if (TRAINING_WORDS.has(args[0] ?? "")) return runTraining(args);
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, file, ...more] = positionals;
  if (more.length > 0) throw new Error(`${JSON.stringify(more[0])} is too much. --help tells what there is.`);
  if (what === "list") return list(values);
  if (what !== "make" && what !== "register") throw new Error("Say what to do: make, train, register or list.");
  if (file === undefined) throw new Error(`Name the file: ./chimera model ${what} FILE`);
  return what === "make" ? make(file, values) : register(file, values);
}

const Weights = z.strictObject({
  bias: z.number().default(0),
  weights: z.record(z.string(), z.number().min(-WEIGHT_MAX).max(WEIGHT_MAX)),
});

function make(file: string, { out, json }: Values): number {
  if (out === undefined) throw new Error("Say where to: --out MODEL.onnx");
  const read = Weights.safeParse(parseYaml(readFileSync(file, "utf8")));
  const fault = read.error?.issues[0];
  if (!read.success) throw new Error(`${file}: ${fault?.path.join(".") ?? ""} ${fault?.message}`);
  const { weights, bias } = read.data;
  const features = Object.keys(weights);
  if (features.length === 0) throw new Error(`${file}: weights has no factor.`);
  const onnx = logisticOnnx(Object.values(weights), bias);
  writeFileSync(out, onnx);
  const next = `./chimera model register ${out} --id ${nameOf(out)} --features ${features.join(",")}`;
  if (json) print(JSON.stringify({ file: out, bytes: onnx.length, features }));
  else print(`${green("●")} ${out}, ${onnx.length} bytes, of ${features.length} inputs.\n${dim(`Next: ${next}`)}`);
  return 0;
}

const nameOf = (path: string): string => basename(path).replace(/\.\w+$/, "");
const listed = (text: string): string[] => text.split(",").map((part) => part.trim());

/** Throws for what is no number. */
function numbered(what: string, texts: readonly string[]): number[] {
  return texts.map((text) => {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw new Error(`${what}: ${JSON.stringify(text)} is no number.`);
    return value;
  });
}

async function register(file: string, values: Values): Promise<number> {
  const { id, features, reference, metric, note: about } = values;
  if (id === undefined || features === undefined) throw new Error("Say --id NAME and --features a,b,…");
  const metrics = metric.map((text) => {
    const [name = "", value = ""] = text.split("=");
    return [name, numbered("--metric", [value])[0]];
  });
  const card = await ask<ModelCard>(values.data, "POST", "/models", {
    model_id: id,
    features: listed(features),
    label_horizon: Number(choiceOption("horizon", values.horizon, HORIZONS)),
    onnx: readFileSync(file).toString("base64"),
    ...(reference !== undefined && { reference: numbered("--reference", listed(reference)) }),
    ...(metrics.length > 0 && { metrics: Object.fromEntries(metrics) }),
    ...(about !== undefined && { note: about }),
  });
  if (values.json) print(JSON.stringify(card));
  else for (const line of howToUse(card)) print(line);
  return 0;
}

async function list(values: Values): Promise<number> {
  const { items } = await ask<{ items: ModelCard[] }>(values.data, "GET", "/models?limit=1000");
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("No model is registered. ./chimera model --help tells how.");
  else for (const line of items.flatMap(lines)) print(line);
  return 0;
}

function lines({ model_id, hash, label_horizon, features, metrics, author, created_at }: ModelCard): string[] {
  const measured = Object.entries(metrics ?? {}).map(([name, value]) => `${name} ${Number(value.toFixed(3))}`);
  const about = [`${label_horizon} h`, `${features.length} inputs`, ...measured].join(" · ");
  const made = new Date(created_at).toISOString().slice(0, 16).replace("T", " ");
  return [`${bold(model_id)}  ${hash}`, dim(`  ${about} · ${author}, ${made} UTC`)];
}

const ask = <T>(data: string, method: "GET" | "POST", path: string, body?: object): Promise<T> =>
  askService({
    data,
    service: "s09",
    role: method === "GET" ? "viewer" : "researcher",
    method,
    path,
    ...(body && { body }),
  });

const usageOf = ([what = ""]: string[]): string => (TRAINING_WORDS.has(what) ? trainUsage : usage);

export const command: Command = { usage, usageOf: async (args) => usageOf(args), run };
