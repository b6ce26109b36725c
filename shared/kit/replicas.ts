/** What a service's replicas say of themselves in the directory: where each is reached and which shards it holds. */
import { z } from "@hono/zod-openapi";
import type { ServiceId } from "./ports.ts";

const About = z.object({ url: z.string(), shards: z.array(z.number().int()) });

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
