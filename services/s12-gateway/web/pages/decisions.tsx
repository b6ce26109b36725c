/** The decisions page: every decision with filters and why, how often rules fired, and the page of one of them. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Decision } from "../../../../shared/domain/decision.ts";
import { decisionsPagesQuery, decisionsPath } from "../api/decision-queries.ts";
import { decisionsQuery } from "../api/queries.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { codeText, MESSAGES, type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, useAsked } from "../parts/asked-fields.tsx";
import { CsvButton } from "../parts/csv-button.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, When } from "../parts/figures.tsx";
import { JsonButton } from "../parts/json-button.tsx";
import { InstrumentLink, PlaceLink } from "../parts/links.tsx";
import { MarketFields } from "../parts/market-fields.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { RuleHitsPanel } from "../parts/rule-hits.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { VerdictText } from "../parts/verdict-text.tsx";
import { addressStore, go } from "../state/address.ts";
import type { Asked } from "../state/asked.ts";
import { actionAsked, DECIDED, fitsDecision, reasonsOf } from "../state/decision-filters.ts";
import { mergeDecisions } from "../state/lists.ts";
import { useStore } from "../state/store.ts";
import { firedRules, guardInWords, reasonInWords } from "../stories/words.ts";
import { DecisionPage } from "./decision.tsx";

export function DecisionsPage() {
  const id = useStore(addressStore, (address) => address.id);
  return id === "" ? <DecisionsList /> : <DecisionPage key={id} id={id} />;
}

/** What a phone shows of a decision before one opens it. */
const PHONE_COLUMNS = ["time", "verdict", "instrument", "why"];
const NONE: readonly Decision[] = [];
/** What is rare may be far back: it is looked for by itself until there are so many, or so often. */
const ROWS_WANTED = 20;
const LOOKS_MAX = 8;

function DecisionsList() {
  const { t } = useText();
  const { asked } = useAsked();
  const { decisions, query, isLooking } = useDecisions(asked);
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(t).filter(({ id }) => !narrow || PHONE_COLUMNS.includes(id)), [t, narrow]);
  return (
    <main className="page decisions-page" aria-label={t("page.decisions")}>
      <Panel
        className="page-panel"
        title={t("page.decisions")}
        aside={
          <span className="panel-acts">
            <CsvButton path={decisionsPath(asked)} name="decisions" />
            <JsonButton path={decisionsPath(asked)} name="decisions" />
          </span>
        }
      >
        <Filters decisions={decisions ?? NONE} />
        {query.isPending || (isLooking && !decisions) ? <Skeleton rows={12} /> : null}
        {query.error && !query.data ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {decisions?.length === 0 ? (
          <Empty>{Object.keys(asked).length > 0 ? t("decisions.none_fit") : t("decisions.empty")}</Empty>
        ) : null}
        {decisions && decisions.length > 0 ? (
          <div className="scroll-x">
            <DataTable
              caption={t("page.decisions")}
              columns={columns}
              rows={decisions}
              rowId={(decision) => decision.signal_id}
              onOpen={(decision) => go({ id: decision.signal_id })}
            />
          </div>
        ) : null}
        <MoreButton query={query} label={t("decisions.older")} />
      </Panel>
      <RuleHitsPanel />
    </main>
  );
}

/** The pages asked for, under what live events have told since; undefined before the first answer. */
function useDecisions(asked: Asked) {
  const query = useInfiniteQuery(decisionsPagesQuery(asked));
  const live = useQuery(decisionsQuery).data;
  const pages = query.data?.pages;
  const decisions = useMemo(() => {
    if (!pages) return undefined;
    const known = pages.flatMap((page) => page.items);
    // What is older than the pages go stands on the next one.
    const oldest = pages.at(-1)?.next === undefined ? 0 : (known.at(-1)?.ts ?? Number.POSITIVE_INFINITY);
    return mergeDecisions(known, live?.filter((each) => each.ts >= oldest && fitsDecision(each, asked)) ?? []);
  }, [pages, live, asked]);
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const isShort = (decisions?.length ?? 0) < ROWS_WANTED && (pages?.length ?? 0) < LOOKS_MAX;
  const looksOn = hasNextPage && isShort && !isError;
  useEffect(() => {
    if (looksOn && !isFetching) void fetchNextPage();
  }, [looksOn, isFetching, fetchNextPage]);
  return { decisions: decisions?.length === 0 && looksOn ? undefined : decisions, query, isLooking: looksOn };
}

function Filters({ decisions }: { decisions: readonly Decision[] }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <MarketFields rows={decisions} />
      <Select
        label={t("decisions.verdict")}
        value={actionAsked(asked)}
        choices={[all, ...DECIDED.map((each) => [each, t(`decisions.filter.${each}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <Select
        label={t("decisions.reason")}
        value={asked.what ?? ""}
        choices={[all, ...reasonsOf(decisions, asked).map((code) => [code, reasonText(t, code)] as const)]}
        onChoose={(what) => ask({ what })}
      />
      <DayField name="from" label={t("filter.from")} />
      <DayField name="to" label={t("filter.to")} />
      <ClearAsked />
    </search>
  );
}

/** A reason without words of its own is a rule's id. */
const reasonText = (t: Translate, code: string): string =>
  Object.hasOwn(MESSAGES.en, `reason.${code}`) ? codeText(t, "reason", code) : t("reason.by_rule", { rule: code });

function columnsOf(t: Translate): Column<Decision>[] {
  return [
    column("time", t("column.time"), {
      value: (d) => d.ts,
      cell: (d) => (
        <PlaceLink to={{ id: d.signal_id }}>
          <When ts={d.ts} day />
        </PlaceLink>
      ),
    }),
    column("verdict", t("decisions.verdict"), {
      value: (d) => `${d.decision.action} ${d.decision.side ?? ""}`,
      cell: (d) => <VerdictText decision={d} />,
    }),
    column("instrument", t("column.instrument"), {
      value: (d) => d.instrument,
      cell: (d) => <InstrumentLink instrument={d.instrument} />,
    }),
    column("strategy", t("column.strategy"), { value: (d) => d.strategy_id, cell: (d) => d.strategy_id }),
    column("why", t("decisions.reason"), { value: (d) => d.decision.reason, cell: (d) => <Why decision={d} /> }),
    column("rules", t("decisions.rules"), {
      value: (d) => firedRules(d).length,
      cell: (d) => (
        <Figure title={firedRules(d).join(", ") || undefined}>
          {d.rules.length === 0 ? "–" : `${firedRules(d).length} / ${d.rules.length}`}
        </Figure>
      ),
      right: true,
    }),
    column("p", t("decisions.p"), {
      value: (d) => d.model?.p ?? -1,
      cell: (d) => <Figure>{percentText(d.model?.p ?? undefined, 1)}</Figure>,
      right: true,
    }),
    column("latency", t("number.latency"), {
      value: (d) => d.latency_us ?? 0,
      cell: (d) => <Figure>{d.latency_us === undefined ? "–" : `${numberText(d.latency_us, 0)} µs`}</Figure>,
      right: true,
    }),
  ];
}

function Why({ decision }: { decision: Decision }) {
  const { t } = useText();
  const failed = decision.guards.find((guard) => !guard.passed);
  return (
    <span className="why">
      {decision.decision.action === "open" ? t("reason.open") : reasonInWords(t, decision)}
      {failed && typeof failed.value === "number" ? <span className="muted"> {guardInWords(t, failed)}</span> : null}
    </span>
  );
}
