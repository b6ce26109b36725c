/** The treasury page: both wallets, what moved between them, what waits for approval, and asking for a transfer. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TreasuryTransfer } from "../../../../shared/collections/exchange.ts";
import { add, dec } from "../../../../shared/domain/money.ts";
import type { Balance } from "../../../../shared/domain/trade.ts";
import { balancesQuery, transfersQuery } from "../api/page-queries.ts";
import type { Wallet } from "../api/shapes.ts";
import { asGiven } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ApprovalsPanel } from "../parts/approvals.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, Money, When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { PolicyPanel } from "../parts/policy.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { TransferForm } from "../parts/transfer-form.tsx";

const WALLETS: readonly Wallet[] = ["SPOT", "FUT"];

export function TreasuryPage() {
  const { t } = useText();
  return (
    <main className="page treasury-page" aria-label={t("page.treasury")}>
      <div className="treasury-left">
        <BalancesPanel />
        <TransfersPanel />
      </div>
      <div className="treasury-right">
        <ApprovalsPanel kind="TRANSFER" />
        <TransferForm />
        <PolicyPanel />
      </div>
    </main>
  );
}

function BalancesPanel() {
  const { t } = useText();
  const query = useQuery(balancesQuery);
  return (
    <Panel id="balances" className="balances" title={t("balances.title")}>
      <LoadedHere query={query} rows={4} what={t("balances.title")}>
        {(balances) => (
          <div className="wallets">
            {WALLETS.map((wallet) => (
              <WalletTable key={wallet} wallet={wallet} balances={balances} />
            ))}
          </div>
        )}
      </LoadedHere>
    </Panel>
  );
}

const digitsFor = (asset: string): number => (asset === "USDT" ? 2 : 8);

function WalletTable({ wallet, balances }: { wallet: Wallet; balances: readonly Balance[] }) {
  const { t } = useText();
  const held = balances.filter((balance) => balance.market === wallet && isHeld(balance));
  return (
    <table className="small-table numbers wallet">
      <caption>{t(`wallet.${wallet}`)}</caption>
      <thead>
        <tr>
          <th>{t("balances.asset")}</th>
          <th className="right">{t("balances.free")}</th>
          <th className="right">{t("balances.locked")}</th>
          <th className="right">{t("balances.total")}</th>
        </tr>
      </thead>
      <tbody>
        {held.map(({ asset, free, locked }) => (
          <tr key={asset}>
            <th scope="row">{asset}</th>
            <td className="right">
              <Money value={free} digits={digitsFor(asset)} flash />
            </td>
            <td className="right">
              <Money value={locked} digits={digitsFor(asset)} />
            </td>
            <td className="right">
              <Money value={add(dec(free), dec(locked))} digits={digitsFor(asset)} />
            </td>
          </tr>
        ))}
        {held.length === 0 ? (
          <tr>
            <td colSpan={4} className="muted">
              {t("balances.empty")}
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

const isHeld = ({ free, locked }: Balance): boolean => dec(free) !== 0n || dec(locked) !== 0n;

function TransfersPanel() {
  const { t } = useText();
  const query = useQuery(transfersQuery);
  const columns = useMemo(() => transferColumns(t), [t]);
  return (
    <Panel id="transfers" className="transfers" title={t("transfers.title")}>
      <LoadedHere query={query} rows={5} what={t("transfers.title")}>
        {(transfers) =>
          transfers.length === 0 ? (
            <Empty>{t("transfers.empty")}</Empty>
          ) : (
            <div className="scroll-x">
              <DataTable
                caption={t("transfers.title")}
                columns={columns}
                rows={transfers}
                rowId={(transfer) => transfer.transfer_id}
              />
            </div>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function transferColumns(t: Translate): Column<TreasuryTransfer>[] {
  return [
    column("time", t("column.time"), { value: (r) => r.created_at, cell: (r) => <When ts={r.created_at} day /> }),
    column("way", t("transfer.way"), {
      value: (r) => r.from,
      cell: (r) => `${t(`wallet.${r.from}`)} → ${t(`wallet.${r.to}`)}`,
    }),
    column("amount", t("transfer.amount"), {
      value: (r) => Number(r.amount_usdt),
      cell: (r) => <Figure>{asGiven(r.amount_usdt)}</Figure>,
      right: true,
    }),
    column("state", t("column.status"), {
      value: (r) => r.state,
      cell: (r) => (
        <span className="status" data-status={r.state} title={r.message && t.say(r.message)}>
          {t(`transfer_state.${r.state}`)}
        </span>
      ),
    }),
    column("approved", t("transfers.approved_by"), { value: (r) => r.approved_by, cell: (r) => r.approved_by }),
    column("reason", t("transfers.reason"), {
      value: (r) => r.reason,
      cell: (r) => (r.message ? `${r.reason} · ${t.say(r.message)}` : r.reason),
    }),
    column("tx", t("transfers.tx"), { value: (r) => r.tx_id ?? "", cell: (r) => <code>{r.tx_id ?? "–"}</code> }),
  ];
}
