/** The sections of the settings, once: the list beside them, the palette and the addresses come from it. */

export const SECTIONS = ["you", "factors", "keys", "appearance", "users", "exchange"] as const;
export type Section = (typeof SECTIONS)[number];

/** An unknown one is the first: an address never breaks the page. */
export const sectionOf = (id: string): Section => SECTIONS.find((each) => each === id) ?? SECTIONS[0];
