/** The context of the work in hand: its W3C trace, carried through REST, RPC and streams, and where its person is. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "./ports.ts";

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

interface Work {
  traceparent: string | undefined;
  /** The address that the person came from for whom this is done. */
  from: string | undefined;
  /** Who else has allowed it, where it needs a second person. */
  second?: string | undefined;
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

/** A child span of `parent` when that is well-formed, else a new trace. */
export function childTrace(parent: string | null | undefined, random: Random): string {
  const match = parent ? PATTERN.exec(parent) : null;
  const span = hex(random.bytes(8));
  return `00-${match?.[1] ?? hex(random.bytes(16))}-${span}-01`;
}

/** Runs `work` with `traceparent` as its context, for somebody at that address or for nobody. */
export const inTrace = <T>(traceparent: string, work: () => T, from?: string): T =>
  storage.run({ traceparent, from }, work);

/** Runs `work`, part of the work in hand, for somebody at that address. */
export const forSomebodyAt = <T>(from: string | undefined, work: () => T): T =>
  from === currentFrom() ? work() : storage.run({ traceparent: currentTrace(), from }, work);

/** Runs `work`, part of the work in hand, with somebody's word for it. */
export const withWordOf = <T>(second: string | undefined, work: () => T): T =>
  storage.run({ traceparent: currentTrace(), from: currentFrom(), second }, work);
