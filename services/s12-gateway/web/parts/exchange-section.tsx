/** Keys of the exchange: what the installation trades on, what its key may do, and the commands that change it. */
import { useQuery } from "@tanstack/react-query";
import { liveChecksQuery } from "../api/account-queries.ts";
import { servicesQuery } from "../api/queries.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { Pair } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Loaded, Panel } from "./states.tsx";

const COMMANDS = ["keys.show", "keys.set", "keys.remove", "doctor", "live"] as const;
const TYPED: Record<(typeof COMMANDS)[number], string> = {
  "keys.show": "./chimera keys show",
  "keys.set": "./chimera keys set --mode testnet|live",
  "keys.remove": "./chimera keys remove",
  doctor: "./chimera doctor --live",
  live: "./chimera live arm --reason TEXT",
};

export function ExchangeSection() {
  const { t } = useText();
  const query = useQuery(servicesQuery);
  return (
    <>
      <Panel className="settings-panel" title={t("settings.exchange")}>
        <Loaded query={query} rows={4}>
          {({ mode, venue, approvals }) => (
            <>
              <dl className="pairs one">
                <Pair label={t("exchange.mode")}>{mode.toUpperCase()}</Pair>
                <Pair label={t("exchange.venue")}>{venue}</Pair>
                <Pair label={t("approvals.mode")}>{t(`approvals.mode.${approvals}`)}</Pair>
              </dl>
              <p className="muted">{t(mode === "paper" ? "exchange.paper" : "exchange.sealed")}</p>
            </>
          )}
        </Loaded>
      </Panel>
      {query.data && query.data.mode !== "paper" ? <ChecksPanel /> : null}
      <Panel className="settings-panel" title={t("exchange.commands")}>
        <p className="muted">{t("exchange.commands.why")}</p>
        <dl className="commands">
          {COMMANDS.map((command) => (
            <div key={command}>
              <dt>
                <code>{TYPED[command]}</code>
              </dt>
              <dd className="muted">{t(`exchange.command.${command}`)}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </>
  );
}

function ChecksPanel() {
  const { t } = useText();
  const query = useQuery(liveChecksQuery);
  return (
    <Panel
      className="settings-panel"
      title={t("exchange.checks")}
      aside={
        <span className="panel-acts">
          <button type="button" className="button" disabled={query.isFetching} onClick={() => void query.refetch()}>
            {query.isFetching ? t("orders.loading") : t("exchange.checks.again")}
          </button>
        </span>
      }
    >
      <LoadedHere query={query} rows={8} what={t("exchange.checks")}>
        {(checks) => (
          <ul className="rows checks">
            {checks.map(({ name, ok, must, detail }) => (
              <li key={name} data-ok={ok} data-must={must}>
                <span aria-hidden="true">{ok ? "✓" : must ? "✕" : "!"}</span>
                <strong>{codeText(t, "check", name)}</strong>
                <span className="muted">{detail}</span>
                <span className="unseen">{t(ok ? "exchange.check.ok" : "exchange.check.bad")}</span>
              </li>
            ))}
          </ul>
        )}
      </LoadedHere>
    </Panel>
  );
}
