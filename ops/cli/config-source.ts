/** Where the config commands get bundles from: a file, or a revision of the running installation. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { withBase } from "../../services/s10-config/bundle-extends.ts";
import { openBundleText } from "../../services/s10-config/bundle-text.ts";
import { contentHash } from "../../services/s10-config/bundles.ts";
import type { LintAnswer } from "../../services/s10-config/document-types.ts";
import { lintBundle } from "../../services/s10-config/lint.ts";
import { bundleOf } from "../../services/s10-config/revisions.ts";
import type { BundleRecord } from "../../shared/collections/config.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { Role } from "../../shared/kit/service.ts";
import { DEFAULT_DATA } from "./options.ts";
import { type Answer, answerTo, askService, type Question } from "./service-asking.ts";

/** For commands that ask the running installation. */
export const DATA_OPTION = { data: { type: "string", default: DEFAULT_DATA } } as const;
export const DATA_USAGE = `  --data DIR   of the running installation (${DEFAULT_DATA})`;

export interface Named {
  bundle_id: string;
  rev: number;
}
/** A bundle with the name people gave it. */
export interface Sourced extends Named {
  name: string;
  hash: string;
  bundle: Bundle;
}

interface Ask {
  body?: object;
  role?: Role;
}
const questionOf = (data: string, path: string, { body, role }: Ask): Question => ({
  ...{ data, service: "s10", path, method: body ? "POST" : "GET" },
  role: role ?? (body ? "researcher" : "viewer"),
  ...(body && { body }),
});

/** Asks the config service. Throws with its own words when it refuses. */
export const askConfig = <T>(data: string, path: string, ask: Ask = {}): Promise<T> =>
  askService<T>(questionOf(data, path, ask));

/** What it says when it refuses, too. */
export const answerOf = <T>(data: string, path: string, ask: Ask = {}): Promise<Answer<T>> =>
  answerTo<T>(questionOf(data, path, ask));

export function readBundleOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
}

export function writeBundleFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Something with a dot or a slash is a file, since no revision has one; all else is a revision. Throws for none. */
export function isFile(word: string): boolean {
  if (!/[./\\]/.test(word)) return false;
  if (statSync(word, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`There is no file ${word}.`);
  return true;
}

/** `mine@3`, `3`, `CURRENT`, `CANARY`. Throws where there is none. */
export async function namedRevision(data: string, word: string): Promise<Named> {
  const [, bundle_id, rev] = /^(?:([a-z][a-z0-9-]*)@)?(\d{1,10})$/.exec(word) ?? [];
  if (bundle_id !== undefined) return { bundle_id, rev: Number(rev) };
  if (rev !== undefined) return ofNumber(data, Number(rev));
  const active = await askConfig<Named & { canary?: Named }>(data, "/active");
  if (word === "CURRENT") return active;
  if (word !== "CANARY") {
    throw new Error(
      `${JSON.stringify(word)} is neither a file nor a revision: say bundle_id@rev, a number, CURRENT or CANARY.`,
    );
  }
  if (!active.canary) throw new Error("No other revision is in force for a share.");
  return active.canary;
}

type Listed = Named & { hash: string };

/** Newest first, page by page. */
async function* revisions(data: string): AsyncGenerator<Listed> {
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "1000", ...(cursor !== undefined && { cursor }) });
    const page: { items: Listed[]; next_cursor?: string } = await askConfig(data, `/bundles?${query}`);
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

/** No two revisions have the same number, whatever their bundle. */
async function ofNumber(data: string, rev: number): Promise<Named> {
  for await (const item of revisions(data)) if (item.rev === rev) return item;
  throw new Error(`There is no revision ${rev}. ./chimera config list tells what there is.`);
}

export const storedBundle = (data: string, { bundle_id, rev }: Named): Promise<BundleRecord> =>
  askConfig<BundleRecord>(data, `/bundles/${encodeURIComponent(bundle_id)}/${rev}`);

/** A file or a revision, whole. Throws with the first faults of a file that does not lint. */
export async function sourcedBundle(data: string, word: string): Promise<Sourced> {
  if (isFile(word)) return fromFile(data, word);
  const record = await storedBundle(data, await namedRevision(data, word));
  const { bundle_id, rev, hash } = record;
  return { name: `${bundle_id}@${rev}`, bundle_id, rev, hash, bundle: bundleOf(record) };
}

const FAULTS_SHOWN = 5;
async function fromFile(data: string, file: string): Promise<Sourced> {
  const { value, faults } = openBundleText(readBundleOf(file));
  const document = faults.length > 0 ? undefined : await onItsBase(data, value);
  const { report, bundle } = lintBundle(document);
  const wrong =
    faults.length > 0 ? faults.map(({ line, message }) => `line ${line}: ${message}`) : report.errors.map(told);
  if (!bundle || faults.length > 0) {
    throw new Error([`${file} does not lint:`, ...wrong.slice(0, FAULTS_SHOWN)].join("\n  "));
  }
  return { name: file, bundle_id: bundle.bundle_id, rev: bundle.rev, hash: contentHash(bundle), bundle };
}

const told = ({ path, message }: { path: string; message: string }): string =>
  `${path === "" ? "the whole" : path}: ${message}`;

/** What a draft extends is stored with the running installation. */
async function onItsBase(data: string, value: unknown): Promise<unknown> {
  const isExtending = typeof value === "object" && value !== null && "extends" in value;
  if (!isExtending) return value;
  const items: Listed[] = [];
  for await (const item of revisions(data)) items.push(item);
  const load = async (hash: string) => {
    const found = items.find((item) => item.hash === hash);
    return found && (await storedBundle(data, found)).bundle;
  };
  const whole = await withBase(value, { hashes: items.map(({ hash }) => hash), load });
  if (whole.fault) throw new Error(told(whole.fault));
  return whole.document;
}

/** As the running installation lints it: against the instruments, models and programs that there are. */
export const lintedThere = (data: string, text: string): Promise<LintAnswer> =>
  askConfig<LintAnswer>(data, "/config/lint", { body: { text } });
