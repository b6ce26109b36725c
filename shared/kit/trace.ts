/** W3C trace context: carried through REST, RPC and streams, and found by whoever logs on the way. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "./ports.ts";

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const storage = new AsyncLocalStorage<string>();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The `traceparent` of the work in hand, if any. */
export const currentTrace = (): string | undefined => storage.getStore();
export const traceId = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);

/** A child span of `parent` when that is well-formed, else a new trace. */
export function childTrace(parent: string | null | undefined, random: Random): string {
  const match = parent ? PATTERN.exec(parent) : null;
  const span = hex(random.bytes(8));
  return `00-${match?.[1] ?? hex(random.bytes(16))}-${span}-01`;
}

/** Runs `work` with `traceparent` as its context. */
export const inTrace = <T>(traceparent: string, work: () => T): T => storage.run(traceparent, work);
