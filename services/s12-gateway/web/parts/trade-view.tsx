/** One trade with its chart, its stop ladder and what can be done to it. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useMemo, useState } from "react";
import { dec, isDecimal, show, toStep } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { positionsQuery } from "../api/page-queries.ts";
import { instrumentsQuery } from "../api/queries.ts";
import type { ManageRequest } from "../api/shapes.ts";
import { ChartView } from "../charts/chart-view.tsx";
import { closedLinesOf, ladderLinesOf } from "../charts/ladder-levels.ts";
import { type MessageKey, type Translate, useText } from "../i18n/translate.ts";
import { isOpenTrade } from "../state/lists.ts";
import { mayAct, useMe } from "../state/me.ts";
import { type Rung, rungsOf, stopFault } from "../state/stop-rungs.ts";
import { manageAct } from "../stories/acts.ts";
import { tradeStory } from "../stories/stories.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { SubjectLink } from "./links.tsx";
import { Panel } from "./states.tsx";
import { LadderSteps } from "./stop-ladder.tsx";
import { usePriceOf } from "./use-price.ts";
import { useFreshness } from "./use-stale.ts";

export function TradeView({ trade }: { trade: Trade }) {
  const { t } = useText();
  const listing = useQuery(instrumentsQuery).data?.find((each) => each.instrument === trade.instrument);
  const said = useQuery(positionsQuery).data?.find((each) => each.trade.trade_id === trade.trade_id)?.exchange;
  const [draft, setDraft] = useState("");
  const isOpen = isOpenTrade(trade);
  const tick = listing?.tick_size;
  const step = listing?.step_size;
  const rungs = useMemo(
    () => (tick && step ? rungsOf(trade, { tick: dec(tick), step: dec(step) }) : []),
    [trade, tick, step],
  );
  const drafted = priceOf(draft);
  const ladder = useMemo(
    () =>
      isOpen
        ? ladderLinesOf(
            { trade, rungs, liquidation: said?.liquidation_price, draft: drafted },
            {
              rung: (rung) => rungName(t, rung),
              liquidation: t("level.liquidation"),
              draft: t("level.draft"),
            },
          )
        : closedLinesOf(trade, { entry: t("level.entry"), exit: t("kind.EXIT") }),
    [trade, isOpen, rungs, said?.liquidation_price, drafted, t],
  );
  const stop = drafted ?? priceOf(trade.stop_price ?? "");
  const drag = useMemo(() => {
    if (!isOpen || stop === undefined || tick === undefined) return undefined;
    return { price: stop, onMove: (price: number) => setDraft(show(toStep(dec(price), dec(tick), "nearest"))) };
  }, [isOpen, stop, tick]);
  return (
    <div className="trade-grid" data-freshness={useFreshness()}>
      <ChartView instrument={listing} trade={trade} ladder={ladder} drag={drag} />
      <div className="trade-side">
        <TradeWords trade={trade} />
        {isOpen ? <Acts trade={trade} draft={draft} onDraft={setDraft} tick={tick} /> : null}
        <LadderSteps trade={trade} rungs={rungs} />
      </div>
    </div>
  );
}

const priceOf = (text: string): number | undefined => {
  const plain = text.trim().replaceAll(",", "");
  return isDecimal(plain) && Number(plain) > 0 ? Number(plain) : undefined;
};
const rungName = (t: Translate, rung: Rung): string =>
  rung.kind === "stage" ? t("ladder.stage", { number: rung.number }) : t(`ladder.${rung.kind}`);

function TradeWords({ trade }: { trade: Trade }) {
  const { t } = useText();
  return (
    <Panel
      className="trade-words"
      title={t("story.trade")}
      aside={
        <SubjectLink kind="trade" id={trade.trade_id}>
          {t("trade.numbers")} →
        </SubjectLink>
      }
    >
      <p>{tradeStory(t, trade).sentences.join(" ")}</p>
    </Panel>
  );
}

interface ActsProps {
  trade: Trade;
  draft: string;
  onDraft: (text: string) => void;
  tick: string | undefined;
}

function Acts({ trade, draft, onDraft, tick }: ActsProps) {
  const { t } = useText();
  const me = useMe();
  const id = useId();
  const [act, setAct] = useState<Act>();
  const price = usePriceOf(trade)?.price;
  const fault =
    draft === "" || price === undefined || tick === undefined ? undefined : stopFault(trade, draft, { price, tick });
  const allowed = mayAct(me);
  const manage = (what: "stop" | "part" | "close", request: Omit<ManageRequest, "instruments">) =>
    setAct(manageAct(t, what, { ...request, instruments: [trade.instrument] }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft !== "" && !fault && allowed) {
      manage("stop", { actions: ["SET_STOP"], stop_price: draft.trim().replaceAll(",", "") });
    }
  };
  return (
    <Panel id="acts" className="trade-acts" title={t("acts.title")}>
      <form onSubmit={submit} className="set-stop">
        <label className="field" htmlFor={id}>
          {t("acts.stop")}
          <input
            id={id}
            inputMode="decimal"
            autoComplete="off"
            value={draft}
            placeholder={trade.stop_price ?? ""}
            aria-invalid={fault !== undefined}
            aria-describedby={`${id}-hint`}
            onChange={(event) => onDraft(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={draft === "" || fault !== undefined || !allowed}>
          {t("acts.set_stop")}
        </button>
        <p id={`${id}-hint`} className={fault ? "form-error" : "muted"}>
          {fault
            ? t(`stop_fault.${fault}` satisfies MessageKey, { tick: tick ?? "", stop: trade.stop_price ?? "–" })
            : t("acts.stop.hint")}
        </p>
      </form>
      <div className="act-buttons">
        <button
          type="button"
          className="button"
          disabled={!allowed}
          onClick={() => manage("part", { actions: ["PARTIAL_TP"] })}
        >
          {t("acts.part")}
        </button>
        <button
          type="button"
          className="button danger"
          disabled={!allowed}
          onClick={() => manage("close", { actions: ["CLOSE"] })}
        >
          {t("acts.close")}
        </button>
      </div>
      {allowed ? null : <p className="muted">{t("act.forbidden", { role: me?.role ?? "–" })}</p>}
      <ActDialog
        act={act}
        onClose={() => {
          setAct(undefined);
          onDraft("");
        }}
      />
    </Panel>
  );
}
