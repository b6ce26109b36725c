/** The streams the page hears, by the names it uses for them. */
import { families } from "./families.ts" with { type: "macro" };

export const TOPIC = families();
export type Topic = keyof typeof TOPIC;

const byFamily = new Map<string, Topic>(Object.entries(TOPIC).map(([topic, family]) => [family, topic as Topic]));
export const topicOf = (family: string): Topic | undefined => byFamily.get(family);
