/** The treasury policy in force: what moves by itself, what a person may have moved, and how much of it is used today. */
import { useQuery } from "@tanstack/react-query";
import { now } from "../api/now.ts";
import { transfersQuery } from "../api/page-queries.ts";
import { activeQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { movedOf } from "../state/transfer-outlook.ts";
import { Money, Pair } from "./figures.tsx";
import { Loaded, Panel } from "./states.tsx";

export function PolicyPanel() {
  const { t } = useText();
  const query = useQuery(activeQuery);
  const transfers = useQuery(transfersQuery).data;
  return (
    <Panel className="policy" title={t("policy.title")}>
      <Loaded query={query} rows={4}>
        {({ bundle }) => {
          const caps = bundle?.flags.treasury;
          const figures = [
            ["policy.min_free", caps?.min_free_fut_usdt],
            ["policy.buffer", caps?.spot_buffer_usdt],
            ["policy.once", caps?.policy_transfer_usdt_max],
            ["policy.day", caps?.policy_day_usdt_max],
            ["policy.max_once", caps?.transfer_usdt_max],
            ["policy.max_day", caps?.day_usdt_max],
            ["policy.moved", transfers && movedOf(transfers, now())],
          ] as const;
          return (
            <dl className="pairs one">
              <Pair label={t("policy.auto")}>{t(caps?.auto_transfer ? "policy.auto.on" : "policy.auto.off")}</Pair>
              {figures.map(([label, value]) => (
                <Pair key={label} label={t(label)}>
                  <Money value={value} unit="USDT" />
                </Pair>
              ))}
            </dl>
          );
        }}
      </Loaded>
    </Panel>
  );
}
