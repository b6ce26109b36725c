/** `config watch`: a promotion as it goes, with both arms, to its end. */
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Command } from "./command.ts";
import { askConfig, DATA_OPTION, DATA_USAGE } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { promotionLines, stepLine } from "./promotion-summary.ts";
import { note, print } from "./terminal.ts";

const POLL_MS = 2_000;
const usage = `Usage: ./chimera config watch [PROMOTION] [--once]

Follows a promotion to its end, and the one that comes of it: the one under way where none is named. On a terminal the
picture is drawn anew, else each step is a line. Ctrl-C ends the watching alone.

  --once       as it is now
${DATA_USAGE}
  --json       as it is now, the promotion's own answer

Exits with 0 when it is done, or goes on; with 1 when it was taken back or ended.`;

const OPTIONS = {
  once: { type: "boolean", default: false },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [id, more] = positionals;
  if (more !== undefined) throw new Error(`${JSON.stringify(more)} is too much. --help tells what there is.`);
  const promotion_id = id ?? (await underWay(values.data)) ?? (await newest(values.data));
  if (!values.once && !values.json) return watchPromotion(values.data, promotion_id);
  const promotion = await readPromotion(values.data, promotion_id);
  if (values.json) print(JSON.stringify(promotion));
  else for (const line of promotionLines(promotion, await nowOf(values.data))) print(line);
  return exitOf(promotion);
}

export const readPromotion = (data: string, id: string): Promise<Promotion> =>
  askConfig<Promotion>(data, `/promotions/${encodeURIComponent(id)}`);

type Listed = Pick<Promotion, "promotion_id" | "status">;
const listed = (data: string, query: string) => askConfig<{ items: Listed[] }>(data, `/promotions?${query}`);

/** Of the one that is under way, where there is one. */
export async function underWay(data: string): Promise<string | undefined> {
  const { items } = await listed(data, "limit=50");
  return items.find(({ status }) => status === "ACTIVE" || status === "PENDING")?.promotion_id;
}

async function newest(data: string): Promise<string> {
  const { items } = await listed(data, "limit=1");
  if (!items[0]) throw new Error("Nothing was promoted yet. ./chimera config promote --help tells how.");
  return items[0].promotion_id;
}

const nowOf = async (data: string): Promise<number> => (await askConfig<{ ts: number }>(data, "/health")).ts;
const isOver = ({ status }: Promotion): boolean => status !== "PENDING" && status !== "ACTIVE";
const exitOf = ({ status }: Promotion): number => (status === "ROLLED_BACK" || status === "ABORTED" ? 1 : 0);

/** To the end of it and of what comes of it. */
export async function watchPromotion(data: string, promotion_id: string): Promise<number> {
  const picture = pictureOf();
  let id = promotion_id;
  for (;;) {
    const promotion = await readPromotion(data, id);
    picture.show(promotion, await nowOf(data));
    if (isOver(promotion) && promotion.next === undefined) {
      picture.end(promotion);
      return exitOf(promotion);
    }
    if (isOver(promotion) && promotion.next !== undefined) id = promotion.next;
    else await Bun.sleep(POLL_MS);
  }
}

interface Picture {
  show(promotion: Promotion, now: number): void;
  end(promotion: Promotion): void;
}
const REDRAW = "\u001b[H\u001b[J";

function pictureOf(): Picture {
  if (process.stdout.isTTY === true) {
    return {
      show: (promotion, now) => print(`${REDRAW}${promotionLines(promotion, now).join("\n")}`),
      end: () => {},
    };
  }
  const told = new Map<string, number>();
  return {
    show({ promotion_id, timeline }) {
      for (const step of timeline.slice(told.get(promotion_id) ?? 0)) print(stepLine(step));
      told.set(promotion_id, timeline.length);
    },
    end: ({ status, reason }) => note(`${status}${reason === undefined ? "" : `: ${reason}`}`),
  };
}

export const command: Command = { usage, run };
