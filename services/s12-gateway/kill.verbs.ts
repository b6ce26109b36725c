/** The kill switch over REST. */
import { z } from "@hono/zod-openapi";
import { type Verb, verb } from "../../shared/kit/service.ts";
import type { Kill } from "./kill.ts";
import { KillAnswer, KillRequest } from "./types.ts";

export const killVerbs = (kill: Kill): Verb[] => [
  verb({
    name: "getKillSwitch",
    summary: "The kill switch's state",
    rest: "GET /kill-switch",
    input: z.object({}),
    output: KillAnswer,
    run: () => kill.current(),
  }),
  verb({
    name: "setKillSwitch",
    summary: "Stop everything that opens or enlarges a position, or allow it again",
    rest: "POST /kill-switch",
    roles: ["trader", "risk", "admin"],
    // Its own epoch makes a repeat harmless, and nothing may stand between a person and this switch.
    once: "body",
    isDoneAgain: ({ enable }) => enable,
    input: KillRequest,
    output: KillAnswer,
    status: (answer) => (answer.outstanding.length > 0 ? 202 : 200),
    second: ({ enable, reason }) => (enable ? undefined : `Turn the kill switch off: ${reason}`),
    run: (input, { principal, also }) => kill.set(input, principal, also),
  }),
];
