/** The side panel: whatever is opened, its story in words, then the numbers, then raw JSON. */
import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { decisionStoryQuery } from "../api/decision-queries.ts";
import { now } from "../api/now.ts";
import { alertsQuery, decisionsQuery, fillsQuery, ordersQuery, servicesQuery, tradesQuery } from "../api/queries.ts";
import type { ServiceRow } from "../api/shapes.ts";
import { asGiven } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { addressStore, go, type Subject } from "../state/address.ts";
import type { ToldDecision } from "../state/decision-steps.ts";
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
import { DecisionSteps } from "./decision-steps.tsx";
import { Figure, Pair, When } from "./figures.tsx";
import { InstrumentLink, OrderLink, PlaceLink, SubjectLink, TradeLink, TradePageLink } from "./links.tsx";
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
  // A live event tells what was decided, the answer what it was made from too.
  const fetched = useQuery({ ...decisionStoryQuery(id), enabled: kind === "decision" });
  const orders = useQuery(ordersQuery);
  const fills = useQuery(fillsQuery);
  const trades = useQuery(tradesQuery);
  const alerts = useQuery(alertsQuery);
  const services = useQuery(servicesQuery);
  const queries = { decision: fetched, order: orders, fill: fills, trade: trades, alert: alerts, service: services };
  const find: Record<Subject["kind"], () => Story | undefined> = {
    decision: () => told(fetched.data ?? known, (d) => decisionStory(t, d)),
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
  const decision = isDecision(story.raw) ? story.raw : undefined;
  return (
    <>
      <p className="side-sub">
        {story.instrument ? <InstrumentLink instrument={story.instrument} /> : null}
        <When ts={story.ts} day />
        <code>{id}</code>
      </p>
      {(decision ? story.sentences.slice(0, 1) : story.sentences).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {decision ? <DecisionSteps decision={decision} /> : null}
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
      <StopMoves raw={story.raw} t={t} />
      <details>
        <summary>{t("story.raw")}</summary>
        <pre>{JSON.stringify(story.raw, null, 2)}</pre>
      </details>
    </>
  );
}

const isDecision = (raw: unknown): raw is ToldDecision => (raw as Partial<Decision>).guards !== undefined;

/** A decision, an order and a trade have a page of their own. */
function WholeStory({ raw }: { raw: unknown }) {
  const { t } = useText();
  if (isDecision(raw))
    return (
      <p className="side-links">
        <PlaceLink to={{ page: "decisions", id: raw.signal_id }}>{t("story.decision.whole")} →</PlaceLink>
      </p>
    );
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
  const { replicas } = raw as Partial<ServiceRow>;
  const service = raw as ServiceRow;
  return replicas && isReplicated(service) ? <ReplicaTable service={service} /> : null;
}

/** What only a trade has: its stop moves. */
function StopMoves({ raw, t }: { raw: unknown; t: Translate }) {
  const { stops } = raw as Partial<Trade>;
  if (!stops?.length) return null;
  return (
    <ol className="stop-ladder" aria-label={t("position.stops")}>
      {stops.toReversed().map((move) => (
        <li key={`${move.ts}/${move.stop_price}`}>
          <When ts={move.ts} />
          <Figure>{asGiven(move.stop_price)}</Figure>
          <span className="muted">{codeText(t, "stop", move.reason)}</span>
        </li>
      ))}
    </ol>
  );
}
