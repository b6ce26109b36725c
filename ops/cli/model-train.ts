/** `model train`: has a model trained on the labelled signals of the running installation, and says what it is worth. */
import type { z } from "@hono/zod-openapi";
import type { ModelCard } from "../../shared/domain/model.ts";
import type { ModelCurves, NewTraining, Training } from "../../shared/domain/training.ts";
import { timeOption } from "./data-library.ts";
import { howToUse } from "./model-use.ts";
import { choiceOption, DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { askService } from "./service-asking.ts";
import { bold, dim, green, note, print, progressBar, red, yellow } from "./terminal.ts";

const HORIZONS = ["12", "24", "36"] as const;
const CALIBRATIONS = ["platt", "none"] as const;
const POLL_MS = 500;
const LIST_MAX = 20;
const WEIGHTS_SHOWN = 8;

export const trainUsage = `Usage: ./chimera model train --id NAME [options]
       ./chimera model trainings
       ./chimera model cancel TRAINING

Trains a logistic regression for the chance that an entry's label is positive, on signals as they were seen and what
came of them, skipped ones too. The oldest signals are learnt from, the newest are what it is measured on; labels that
reach from the one into the other are left out. The model is registered with its figures, whatever they are.

  --id NAME            of the model
  --features a,b,…     its inputs in this order: factors, or side (default: all that signals carry nearly always)
  --strategies a,b,…   signals of these alone (all)
  --instruments a,b,…  of these alone (all)
  --horizon H          hours of the label: ${HORIZONS.join(", ")} (24)
  --from DAY, --to DAY signals from the one day up to the other, UTC (all)
  --tail SHARE         of the signals, what it is measured on (0.25)
  --calibration KIND   ${CALIBRATIONS.join(" or ")} (platt)
  --l2 NUMBER          how much weights cost (default: of several what does best out of fold)
  --folds N            within what is learnt from (5)
  --embargo HOURS      kept free around what is measured on, beside the labels themselves (1)
  --seed N             of the interval's draws (1)
  --note TEXT          kept with the model
  --no-wait            answer at once; trainings tells how far it has come
  --data DIR           of the running installation (${DEFAULT_DATA})
  --json               the training and its curves as they are

Exits with 0 when there is a model, with 1 when there is none.`;

const OPTIONS = {
  id: { type: "string" },
  features: { type: "string" },
  strategies: { type: "string" },
  instruments: { type: "string" },
  horizon: { type: "string", default: "24" },
  from: { type: "string" },
  to: { type: "string" },
  tail: { type: "string" },
  calibration: { type: "string", default: "platt" },
  l2: { type: "string" },
  folds: { type: "string" },
  embargo: { type: "string" },
  seed: { type: "string" },
  note: { type: "string" },
  "no-wait": { type: "boolean", default: false },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;

/** Those of the training alone; true: `model` was asked for one of these. */
export const TRAINING_WORDS: ReadonlySet<string> = new Set(["train", "trainings", "cancel"]);

export async function runTraining([what, ...args]: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [training_id, ...more] = positionals;
  const extra = what === "cancel" ? more[0] : training_id;
  if (extra !== undefined) throw new Error(`${JSON.stringify(extra)} is too much. --help tells what there is.`);
  if (what === "trainings") return list(values);
  if (what === "train") return train(values);
  if (training_id === undefined) throw new Error("Name the training: ./chimera model cancel TRAINING");
  const ended = await ask<Training>(values.data, "POST", `/trainings/${training_id}/cancel`, {});
  print(values.json ? JSON.stringify(ended) : line(ended));
  return 0;
}

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

const listed = (text: string): string[] => text.split(",").map((part) => part.trim());
const numbered = (name: string, text: string, [min, max]: [number, number]): number =>
  numberOption(name, text, { fallback: 0, min, max });

/** What the service is asked for. Throws for what cannot be asked. */
export function requestOf(values: Values): z.input<typeof NewTraining> {
  const { id, features, strategies, instruments, from, to, tail, l2, folds, embargo, seed, note: about } = values;
  if (id === undefined) throw new Error("Say --id NAME.");
  const [from_ts, until] = [timeOption("from", from), timeOption("to", to)];
  return {
    model_id: id,
    label_horizon: Number(choiceOption("horizon", values.horizon, HORIZONS)) as 12 | 24 | 36,
    calibration: choiceOption("calibration", values.calibration, CALIBRATIONS),
    window: { ...(from_ts !== undefined && { from_ts }), ...(until !== undefined && { to_ts: until - 1 }) },
    ...(features !== undefined && { features: listed(features) }),
    ...(strategies !== undefined && { strategies: listed(strategies) }),
    ...(instruments !== undefined && { instruments: listed(instruments) as NewTraining["instruments"] }),
    ...(tail !== undefined && { tail_share: numbered("tail", tail, [0.1, 0.5]) }),
    ...(l2 !== undefined && { l2: numbered("l2", l2, [1e-6, 1e6]) }),
    ...(folds !== undefined && { folds: numbered("folds", folds, [2, 20]) }),
    ...(embargo !== undefined && { embargo_h: numbered("embargo", embargo, [0, 168]) }),
    ...(seed !== undefined && { seed: numbered("seed", seed, [0, Number.MAX_SAFE_INTEGER]) }),
    ...(about !== undefined && { note: about }),
  };
}

async function train(values: Values): Promise<number> {
  const asked = await ask<Training>(values.data, "POST", "/models/train", requestOf(values));
  if (values["no-wait"]) {
    print(values.json ? JSON.stringify(asked) : line(asked));
    return 0;
  }
  const training = await followed(values.data, asked);
  const { model_id, result } = training;
  const path = `/models/${model_id}/${result?.hash}`;
  const curves = result && (await ask<ModelCurves>(values.data, "GET", `${path}/curves`));
  if (values.json) print(JSON.stringify({ training, ...(curves && { curves }) }));
  else for (const each of curves ? summary(training, curves) : [line(training)]) print(each);
  if (result && !values.json) {
    for (const each of ["", ...howToUse(await ask<ModelCard>(values.data, "GET", path))]) print(each);
  }
  return training.status === "DONE" ? 0 : 1;
}

const STAGES: Readonly<Record<Training["stage"], string>> = {
  WAITING: "waits for its turn",
  READING: "reads labels and signals",
  FOLDS: "chooses λ by folds",
  FITTING: "fits and measures",
  KEEPING: "tries the file and keeps it",
  OVER: "",
};

/** Until it is over; whoever ends the waiting does not end the training. */
async function followed(data: string, asked: Training): Promise<Training> {
  const bar = progressBar(asked.training_id);
  let training = asked;
  while (training.status === "QUEUED" || training.status === "RUNNING") {
    bar.at(training.progress, training.waiting_for ?? STAGES[training.stage]);
    await Bun.sleep(POLL_MS);
    training = await ask<Training>(data, "GET", `/trainings/${asked.training_id}`);
  }
  bar.end();
  return training;
}

async function list(values: Values): Promise<number> {
  const { items } = await ask<{ items: Training[] }>(values.data, "GET", `/trainings?limit=${LIST_MAX}`);
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("Nothing has been trained here. ./chimera model train --help tells how.");
  else for (const training of items) print(line(training));
  return 0;
}

const figure = (value: number | null, digits = 3): string => (value === null ? "–" : value.toFixed(digits));
const day = (ts: number): string => new Date(ts).toISOString().slice(0, 10);

/** A training in a line, or two where it failed. */
export function line({ training_id, model_id, status, stage, progress, result, failure }: Training): string {
  const head = `${training_id}  ${bold(model_id)}`;
  if (status === "DONE") return `${green("●")} ${head}  AUC ${figure(result?.figures.auc ?? null)}  ${result?.hash}`;
  if (status === "FAILED") return `${red("●")} ${head}  ${failure?.code}\n  ${failure?.detail}`;
  if (status === "CANCELED") return `${dim("●")} ${head}  canceled`;
  return `${yellow("●")} ${head}  ${Math.round(progress * 100)} %, ${STAGES[stage]}`;
}

/** What a person needs to know of a model that was trained. */
export function summary({ data }: Training, curves: ModelCurves): string[] {
  const { model_id, figures, train: older, tail, purged, l2, calibration, folds, weights, notes } = curves;
  const part = ({ rows, positives, from_ts, to_ts }: ModelCurves["tail"]) =>
    `${rows} signals, ${positives} of them positive, ${day(from_ts)} to ${day(to_ts)}`;
  const range = `95 %: ${figure(figures.auc_low)} to ${figure(figures.auc_high)}`;
  const counted = data ? `${data.labels} labels, ${data.counterfactual} of skipped signals; ${data.usable} of use` : "";
  const most = weights.slice(0, WEIGHTS_SHOWN).map(({ feature, standardised }) => {
    return `    ${feature.padEnd(24)} ${standardised >= 0 ? "+" : "−"}${Math.abs(standardised).toFixed(3)}`;
  });
  const rest = weights.length - most.length;
  return [
    `${green("●")} ${bold(model_id)} on signals that it had not seen:`,
    "",
    `  AUC                ${figure(figures.auc)}  (${range})`,
    `  Brier score        ${figure(figures.brier)}  (skill ${figure(figures.brier_skill)})`,
    `  log loss           ${figure(figures.log_loss)}`,
    `  calibration error  ${figure(figures.calibration_error)}`,
    `  AUC by fold        ${folds.map(({ auc }) => figure(auc, 2)).join("  ")}`,
    "",
    dim(`  learnt from ${part(older)}`),
    dim(`  measured on ${part(tail)}; ${purged} between the two left out`),
    dim(`  ${counted}; λ ${l2}, calibration ${calibration}`),
    "",
    "  What counts most, in log-odds per deviation of the input:",
    ...most,
    ...(rest > 0 ? [dim(`    and ${rest} more`)] : []),
    ...(notes.length > 0 ? ["", ...notes.map((each) => `  ${yellow("!")} ${each}`)] : []),
  ];
}

const ask = <T>(data: string, method: "GET" | "POST", path: string, body?: object): Promise<T> =>
  askService({
    ...{ data, service: "s09", role: method === "GET" ? "viewer" : "researcher", method, path },
    ...(body && { body }),
  });
