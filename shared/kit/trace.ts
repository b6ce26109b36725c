/** The context of the work in hand: its W3C trace, carried through REST, RPC and streams, and where its person is. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "./ports.ts";

/** Ids of zeros alone are none. */
const PATTERN = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

interface Work {
  traceparent: string | undefined;
  /** The address that the person came from for whom this is done. */
  from: string | undefined;
  /** Who else has allowed it, where it needs a second person. */
  second?: string | undefined;
  /** Where somebody collects them. */
  span?: OpenSpan | undefined;
}
/** What is being done, as far as it is known. */
export interface OpenSpan {
  name: string;
  attributes: Record<string, string | number | boolean>;
  /** Something has come of it. */
  isUsed: boolean;
}
const storage = new AsyncLocalStorage<Work>();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The `traceparent` of the work in hand, if any. */
export const currentTrace = (): string | undefined => storage.getStore()?.traceparent;
/** Where the person or program is for whom the work in hand is done; undefined for what the system does by itself. */
export const currentFrom = (): string | undefined => storage.getStore()?.from;
/** Who has allowed the work in hand beside who asked for it; undefined for what needs nobody else. */
export const currentSecond = (): string | undefined => storage.getStore()?.second;
export const traceId = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);

/** The span's own part of a `traceparent`; undefined where it is not well-formed. */
export const spanId = (traceparent: string | null | undefined): string | undefined =>
  traceparent ? PATTERN.exec(traceparent)?.[2] : undefined;
/** Of the work in hand, where somebody collects spans. */
export const currentSpan = (): OpenSpan | undefined => storage.getStore()?.span;

/** A child span of `parent` when that is well-formed, else a new trace. */
export function childTrace(parent: string | null | undefined, random: Random): string {
  const match = parent ? PATTERN.exec(parent) : null;
  const span = hex(random.bytes(8));
  return `00-${match?.[1] ?? hex(random.bytes(16))}-${span}-01`;
}

/** Runs `work` with `traceparent` as its context, for somebody at that address or for nobody. */
export const inTrace = <T>(traceparent: string, work: () => T, from?: string, span?: OpenSpan): T =>
  storage.run({ traceparent, from, span }, work);

/** Runs `work`, part of the work in hand, as that span of its trace. */
export const inSpan = <T>(span: Pick<Work, "traceparent" | "span">, work: () => T): T =>
  storage.run({ from: currentFrom(), second: currentSecond(), ...span }, work);

/** Runs `work`, part of the work in hand, for somebody at that address. */
export const forSomebodyAt = <T>(from: string | undefined, work: () => T): T =>
  from === currentFrom() ? work() : storage.run({ traceparent: currentTrace(), from, span: currentSpan() }, work);

/** Runs `work`, part of the work in hand, with somebody's word for it. */
export const withWordOf = <T>(second: string | undefined, work: () => T): T =>
  storage.run({ traceparent: currentTrace(), from: currentFrom(), second, span: currentSpan() }, work);
