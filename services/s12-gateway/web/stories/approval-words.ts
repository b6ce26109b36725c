/** What an approval would have done, in words: it binds exactly this. */
import type { Approval } from "../../../../shared/collections/people.ts";
import { usdtText } from "../format/numbers.ts";
import type { MessageKey, Translate } from "../i18n/translate.ts";

export function subjectWords(t: Translate, { kind, subject, detail }: Approval): string {
  if (kind !== "TRANSFER") {
    const what = t(`approval.what.${kind}`);
    return detail ? `${what}: ${t.say(detail)}` : `${what}: ${JSON.stringify(subject)}`;
  }
  const { from, to, amount_usdt } = subject as { from?: string; to?: string; amount_usdt?: string };
  const wallet = (name: string | undefined) => t(`wallet_in.${name}` as MessageKey);
  return t("transfer.plan", { amount: usdtText(amount_usdt), from: wallet(from), to: wallet(to) });
}
