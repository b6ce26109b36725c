/** Links to what the page can show: every id leads to its story, every instrument to its market. */
import type { MouseEvent, ReactNode } from "react";
import { type Address, go, hrefOf, type Subject } from "../state/address.ts";

/** A real link, so that it can be copied and opened elsewhere; a plain click stays on the page. */
function followHere(event: MouseEvent, change: () => void): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  event.stopPropagation();
  change();
}

interface SubjectLinkProps extends Subject {
  children?: ReactNode;
  className?: string;
}

export function SubjectLink({ kind, id, children, className = "link" }: SubjectLinkProps) {
  const subject = { kind, id };
  return (
    <a className={className} href={hrefOf({ subject })} onClick={(event) => followHere(event, () => go({ subject }))}>
      {children ?? <code title={id}>{shortId(id)}</code>}
    </a>
  );
}

interface PlaceLinkProps {
  /** Where it leads: a page, or something on one. */
  to: Partial<Address>;
  children: ReactNode;
  className?: string;
  isHere?: boolean;
  title?: string;
  /** What stands over the page gives way. */
  onFollow?: () => void;
}

export function PlaceLink({ to, children, className = "link", isHere = false, title, onFollow }: PlaceLinkProps) {
  return (
    <a
      className={className}
      href={hrefOf(to)}
      title={title}
      aria-current={isHere ? "page" : undefined}
      onClick={(event) =>
        followHere(event, () => {
          onFollow?.();
          go(to);
        })
      }
    >
      {children}
    </a>
  );
}

/** Leads to the order's own page, with its life. */
export const OrderLink = ({ id, children }: { id: string; children?: ReactNode }) => (
  <PlaceLink to={{ page: "orders", id }}>{children ?? <code title={id}>{shortId(id)}</code>}</PlaceLink>
);

/** Leads to the trade on the positions page, with its stop ladder and what can be done to it. */
export const TradeLink = ({ id, children }: { id: string; children?: ReactNode }) => (
  <PlaceLink to={{ page: "positions", id }}>{children ?? <code title={id}>{shortId(id)}</code>}</PlaceLink>
);

/** Leads to the trade's own page among all trades, with its fills and orders. */
export const TradePageLink = ({ id, children }: { id: string; children?: ReactNode }) => (
  <PlaceLink to={{ page: "trades", id }}>{children ?? <code title={id}>{shortId(id)}</code>}</PlaceLink>
);

/** Leads to the instrument's market. */
export function InstrumentLink({ instrument }: { instrument: string }) {
  return (
    <PlaceLink className="link instrument" to={{ page: "market", instrument }}>
      <InstrumentName instrument={instrument} />
    </PlaceLink>
  );
}

export function InstrumentName({ instrument }: { instrument: string }) {
  const [market, symbol] = instrument.split(":");
  return (
    <span className="instrument-name">
      <span className="market" data-market={market}>
        {market}
      </span>
      {symbol}
    </span>
  );
}

export const shortId = (id: string): string => (id.length > 12 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id);
