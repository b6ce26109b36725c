/** The side panel: whatever is opened, its story in words, then the numbers, then raw JSON. */
import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { now } from "../api/now.ts";
import {
  alertsQuery,
  decisionQuery,
  decisionsQuery,
  fillsQuery,
  ordersQuery,
  servicesQuery,
  tradesQuery,
} from "../api/queries.ts";
import type { ServiceRow } from "../api/shapes.ts";
import { asGiven } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { addressStore, go, type Subject } from "../state/address.ts";
import { useStore } from "../state/store.ts";
import {
  alertStory,
  decisionStory,
  fillStory,
  orderStory,
  type Story,
  serviceStory,
  tradeStory,
} from "../stories/stories.ts";
import { guardValue } from "../stories/words.ts";
import { Figure, Pair, When } from "./figures.tsx";
import { InstrumentLink, OrderLink, SubjectLink, TradeLink, TradePageLink } from "./links.tsx";
import { isReplicated, ReplicaTable } from "./replicas.tsx";
import { Empty, Failed, Skeleton } from "./states.tsx";

export function SidePanel() {
  const subject = useStore(addressStore, (address) => address.subject);
  return (
    <Dialog.Root
      open={subject !== undefined}
      onOpenChange={(open) => !open && go({ subject: undefined })}
      modal={false}
      disablePointerDismissal
    >
      <Dialog.Portal>
        <Dialog.Popup className="side-panel">{subject ? <Content subject={subject} /> : null}</Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Content({ subject }: { subject: Subject }) {
  const { t } = useText();
  const { story, pending, error, retry } = useStory(subject);
  return (
    <>
      <header className="side-head">
        <Dialog.Title>{story?.title ?? t(`story.${subject.kind}`)}</Dialog.Title>
        <Dialog.Close className="button quiet" aria-label={t("dialog.close")}>
          ✕
        </Dialog.Close>
      </header>
      <div className="side-body">
        {story ? <StoryView story={story} id={subject.id} /> : null}
        {!story && error ? <Failed error={error} onRetry={retry} /> : null}
        {!story && !error ? pending ? <Skeleton rows={8} /> : <Empty>{t("story.gone")}</Empty> : null}
      </div>
    </>
  );
}

function useStory({ kind, id }: Subject) {
  const { t } = useText();
  const decisions = useQuery(decisionsQuery);
  const known = decisions.data?.find((decision) => decision.signal_id === id);
  const fetched = useQuery({ ...decisionQuery(id), enabled: kind === "decision" && !decisions.isPending && !known });
  const orders = useQuery(ordersQuery);
  const fills = useQuery(fillsQuery);
  const trades = useQuery(tradesQuery);
  const alerts = useQuery(alertsQuery);
  const services = useQuery(servicesQuery);
  const queries = { decision: fetched, order: orders, fill: fills, trade: trades, alert: alerts, service: services };
  const find: Record<Subject["kind"], () => Story | undefined> = {
    decision: () => told(known ?? fetched.data, (d) => decisionStory(t, d)),
    order: () =>
      told(
        orders.data?.find((o) => o.client_order_id === id),
        (o) => orderStory(t, o),
      ),
    fill: () =>
      told(
        fills.data?.find((f) => `${f.instrument}/${f.fill_id}` === id),
        (f) => fillStory(t, f),
      ),
    trade: () =>
      told(
        trades.data?.find((each) => each.trade_id === id),
        (each) => tradeStory(t, each),
      ),
    alert: () =>
      told(
        alerts.data?.find((alert) => alert.alert_id === id),
        (alert) => alertStory(t, alert),
      ),
    service: () =>
      told(
        services.data?.items.find((row) => row.id === id),
        (row) => serviceStory(t, row, now()),
      ),
  };
  const { isPending, error, refetch } = queries[kind];
  return { story: find[kind](), pending: isPending || decisions.isPending, error, retry: () => void refetch() };
}
const told = <T,>(thing: T | undefined, tell: (thing: T) => Story): Story | undefined =>
  thing === undefined ? undefined : tell(thing);

function StoryView({ story, id }: { story: Story; id: string }) {
  const { t } = useText();
  return (
    <>
      <p className="side-sub">
        {story.instrument ? <InstrumentLink instrument={story.instrument} /> : null}
        <When ts={story.ts} day />
        <code>{id}</code>
      </p>
      {story.sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <WholeStory raw={story.raw} />
      {story.links.length > 0 ? (
        <p className="side-links">
          {story.links.map((link) => (
            <SubjectLink key={`${link.kind}${link.id}`} {...link}>
              {t(`story.${link.kind}`)} →
            </SubjectLink>
          ))}
        </p>
      ) : null}
      <Replicas raw={story.raw} />
      <dl className="pairs one">
        {story.numbers.map(([label, value]) => (
          <Pair key={label} label={label}>
            <Figure>{value}</Figure>
          </Pair>
        ))}
      </dl>
      <Details raw={story.raw} t={t} />
      <details>
        <summary>{t("story.raw")}</summary>
        <pre>{JSON.stringify(story.raw, null, 2)}</pre>
      </details>
    </>
  );
}

/** An order and a trade have a page of their own. */
function WholeStory({ raw }: { raw: unknown }) {
  const { t } = useText();
  const { client_order_id, leg, trade_id, stops } = raw as Partial<Order & Trade>;
  if (client_order_id !== undefined && leg !== undefined)
    return (
      <p className="side-links">
        <OrderLink id={client_order_id}>{t("story.order.life")} →</OrderLink>
      </p>
    );
  if (trade_id === undefined || stops === undefined) return null;
  return (
    <p className="side-links">
      <TradePageLink id={trade_id}>{t("trade.page")} →</TradePageLink>{" "}
      <TradeLink id={trade_id}>{t("ladder.title")} →</TradeLink>
    </p>
  );
}

/** What only a service in several processes has. */
function Replicas({ raw }: { raw: unknown }) {
  const service = raw as ServiceRow;
  return isReplicated(service) ? <ReplicaTable service={service} /> : null;
}

/** What only a decision or a trade has: its guards and rules one by one, its sizing steps, its stop moves. */
function Details({ raw, t }: { raw: unknown; t: Translate }) {
  const { guards, rules, sizing } = raw as Partial<Decision>;
  const { stops } = raw as Partial<Trade>;
  return (
    <>
      {guards?.length ? (
        <table className="small-table">
          <caption>{t("story.guards")}</caption>
          <tbody>
            {guards.map((guard) => (
              <tr key={guard.name} data-passed={guard.passed}>
                <td>{guard.passed ? "✓" : "✕"}</td>
                <th scope="row">{codeText(t, "guard", guard.name)}</th>
                <td className="right">{guardValue(t, guard.value)}</td>
                <td className="right muted">{guardValue(t, guard.limit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {rules?.length ? (
        <table className="small-table">
          <caption>{t("story.rules")}</caption>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.rule_id} data-fired={rule.fired ?? "unknown"}>
                <td>{rule.fired === null ? "?" : rule.fired ? "●" : "○"}</td>
                <th scope="row">{rule.rule_id}</th>
                <td className="right muted">{rule.effect}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {sizing?.steps.length ? (
        <>
          <h3>{t("story.sizing")}</h3>
          <ol className="steps">
            {sizing.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </>
      ) : null}
      {stops?.length ? (
        <ol className="stop-ladder" aria-label={t("position.stops")}>
          {stops.toReversed().map((move) => (
            <li key={`${move.ts}/${move.stop_price}`}>
              <When ts={move.ts} />
              <Figure>{asGiven(move.stop_price)}</Figure>
              <span className="muted">{codeText(t, "stop", move.reason)}</span>
            </li>
          ))}
        </ol>
      ) : null}
    </>
  );
}
