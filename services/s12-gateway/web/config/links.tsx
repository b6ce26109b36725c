/** Links between the config pages, and how a revision and what it is to the system are named. */
import type { ReactNode } from "react";
import { useText } from "../i18n/translate.ts";
import { PlaceLink } from "../parts/links.tsx";
import { type ConfigPlace, idOf, type RevRef, revName } from "./place.ts";

interface ConfigLinkProps {
  to: ConfigPlace;
  children: ReactNode;
  className?: string;
}

/** What was filtered where one comes from is not meant for where one goes. */
export function ConfigLink({ to, children, className = "link" }: ConfigLinkProps) {
  return (
    <PlaceLink to={{ page: "config", id: idOf(to), asked: {} }} className={className}>
      {children}
    </PlaceLink>
  );
}

export const RevLink = ({ of }: { of: RevRef }) => (
  <ConfigLink to={{ at: "bundle", of: revName(of) }}>
    <RevText of={of} />
  </ConfigLink>
);

export const RevText = ({ of: { bundle_id, rev } }: { of: RevRef }) => (
  <span className="rev">
    {bundle_id} <span className="rev-number">{rev}</span>
  </span>
);

export const HashText = ({ hash }: { hash: string }) => (
  <code className="hash" title={hash}>
    {hash.slice(0, 8)}
  </code>
);

/** What it is in force for, beside its status. */
export function ArmMark({ arm }: { arm: "stable" | "canary" }) {
  const { t } = useText();
  return (
    <span className="arm" data-arm={arm} title={t(`config.arm.${arm}.hint`)}>
      {t(`config.arm.${arm}`)}
    </span>
  );
}
