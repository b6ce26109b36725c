/** The sections of a page as a bar of links, the one that is open marked and kept in sight. */
import type { ReactNode } from "react";
import type { Address } from "../state/address.ts";
import { PlaceLink } from "./links.tsx";
import { useCurrentInSight } from "./use-current-in-sight.ts";

interface SectionBarProps<S extends string> {
  label: string;
  sections: readonly S[];
  here: S;
  to: (section: S) => Partial<Address>;
  children: (section: S) => ReactNode;
}

export function SectionBar<S extends string>({ label, sections, here, to, children }: SectionBarProps<S>) {
  const list = useCurrentInSight<HTMLElement>(here);
  return (
    <nav ref={list} className="sections" aria-label={label}>
      {sections.map((section) => (
        <PlaceLink key={section} to={to(section)} className="section" isHere={section === here}>
          {children(section)}
        </PlaceLink>
      ))}
    </nav>
  );
}
