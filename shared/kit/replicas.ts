/** What a service's replicas say of themselves in the directory: where each is reached and which shards it holds. */
import { z } from "@hono/zod-openapi";
import type { ServiceId } from "./ports.ts";

const Shards = z.array(z.number().int());
/** `failing`: those that it could not start when it last tried. */
const About = z.object({ url: z.string(), shards: Shards, failing: Shards.default([]) });

export interface Member extends z.output<typeof About> {
  /** Which replica it is: `s04.2`. */
  place: string;
}

export const replicasGroup = (service: ServiceId): string => `replicas:${service}`;

/** What cannot be read is passed over: a replica of another version may say it differently. */
export function readMembers(members: readonly { member: string; about: string }[]): Member[] {
  return members.flatMap(({ member, about }) => {
    try {
      return [{ place: member, ...About.parse(JSON.parse(about)) }];
    } catch {
      return [];
    }
  });
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Whoever can write to the directory says where replicas are, and with what is forwarded goes its token: so only to
 * this machine, or to an address of `listed`, which the operator wrote.
 */
export function mayBeForwardedTo(url: string, listed: readonly string[]): boolean {
  if (listed.includes(url)) return true;
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || !LOOPBACK.test(parsed.hostname)) return false;
  return `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` === "" && parsed.pathname === "/";
}
