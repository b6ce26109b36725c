/** Links to what the page can show: every id leads to its story, every instrument to its market. */
import type { MouseEvent, ReactNode } from "react";
import { go, hrefOf, type Subject } from "../state/address.ts";

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

export function InstrumentLink({ instrument }: { instrument: string }) {
  return (
    <a
      className="link instrument"
      href={hrefOf({ instrument })}
      onClick={(event) => followHere(event, () => go({ instrument }))}
    >
      <InstrumentName instrument={instrument} />
    </a>
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
