/** Asking for a transfer between the wallets: what will become of it is said while it is typed. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { dec } from "../../../../shared/domain/money.ts";
import { now } from "../api/now.ts";
import { balancesQuery, transfersQuery } from "../api/page-queries.ts";
import { activeQuery } from "../api/queries.ts";
import type { TransferRequest, Wallet } from "../api/shapes.ts";
import { usdtText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { requestTransfer } from "../state/acts.ts";
import { mayAct, useMe } from "../state/me.ts";
import { freeIn, movedOf, type Outlook, outlookOf } from "../state/transfer-outlook.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { Select } from "./select.tsx";
import { Panel } from "./states.tsx";

const REASON_CHARACTERS_MAX = 200;
const OTHER: Record<Wallet, Wallet> = { SPOT: "FUT", FUT: "SPOT" };

export function TransferForm() {
  const { t } = useText();
  const me = useMe();
  const amountId = useId();
  const reasonId = useId();
  const [from, setFrom] = useState<Wallet>("SPOT");
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const [act, setAct] = useState<Act>();
  const request: TransferRequest = {
    from,
    to: OTHER[from],
    amount_usdt: amount.trim().replaceAll(",", ""),
    reason: reason.trim(),
  };
  const outlook = useOutlook(request);
  const allowed = mayAct(me);
  const ready = allowed && request.reason !== "" && outlook !== undefined && outlook.kind !== "fault";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) setAct(transferAct(t, request, outlook));
  };
  return (
    <Panel id="transfer" className="transfer-form" title={t("transfer.title")}>
      <form className="stack" onSubmit={submit}>
        <Select
          label={t("transfer.way")}
          value={from}
          choices={[
            ["SPOT", t("transfer.way.SPOT")],
            ["FUT", t("transfer.way.FUT")],
          ]}
          onChoose={setFrom}
        />
        <label className="field" htmlFor={amountId}>
          {t("transfer.amount")}
          <input
            id={amountId}
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={(event) => setAmount(event.target.value)}
          />
        </label>
        <label className="field" htmlFor={reasonId}>
          {t("kill.reason")}
          <input
            id={reasonId}
            value={reason}
            maxLength={REASON_CHARACTERS_MAX}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <p className={outlook?.kind === "fault" && amount !== "" ? "form-error" : "muted"} aria-live="polite">
          {amount === "" ? t("transfer.hint") : outlook ? outlookWords(t, outlook) : t("transfer.caps_unknown")}
        </p>
        <button type="submit" className="button" disabled={!ready}>
          {t("transfer.submit")}
        </button>
        {allowed ? null : <p className="muted">{t("act.forbidden", { role: me?.role ?? "–" })}</p>}
      </form>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

/** Undefined while the caps or the balances are not known. */
function useOutlook(request: TransferRequest): Outlook | undefined {
  const balances = useQuery(balancesQuery).data;
  const transfers = useQuery(transfersQuery).data ?? [];
  const caps = useQuery(activeQuery).data?.bundle?.flags.treasury;
  if (!balances || !caps) return undefined;
  return outlookOf(request, { caps, free: freeIn(balances, request.from), moved: movedOf(transfers, now()) });
}

const outlookWords = (t: Translate, outlook: Outlook): string =>
  outlook.kind === "fault" ? t(`transfer.fault.${outlook.fault}`) : t("transfer.waits");

const transferAct = (t: Translate, request: TransferRequest, outlook: Outlook): Act => {
  const params = {
    amount: usdtText(dec(request.amount_usdt)),
    from: t(`wallet_in.${request.from}`),
    to: t(`wallet_in.${request.to}`),
  };
  return {
    title: t("transfer.title"),
    plan: () => ({
      lines: [t("transfer.plan", params), t("transfer.why", { reason: request.reason }), outlookWords(t, outlook)],
    }),
    hold: t("transfer.hold", params),
    run: async (key) => {
      const { status, message } = await requestTransfer(request, key);
      const lines = [t(`transfer.done.${status}`, params), ...(message ? [message] : [])];
      return { lines, bad: status === "FAIL" };
    },
  };
};
