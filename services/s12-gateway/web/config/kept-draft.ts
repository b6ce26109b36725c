/** The text in the editor, kept in this browser while somebody works on it: it outlives a reload. */

export interface KeptDraft {
  readonly text: string;
  /** The revision it began from, as `revName` writes it; "" of a file. */
  readonly of: string;
  readonly ts: number;
}

const KEPT_AS = "chimera.config-draft";

/** What was kept may be from another version or broken: then there is none. */
export function readDraft(kept: string | null): KeptDraft | undefined {
  try {
    const { text, of, ts } = Object(JSON.parse(kept ?? "null")) as Record<string, unknown>;
    if (typeof text !== "string" || typeof of !== "string" || typeof ts !== "number") return undefined;
    return { text, of, ts };
  } catch {
    return undefined;
  }
}

export const keptDraft = (): KeptDraft | undefined => readDraft(localStorage.getItem(KEPT_AS));
/** Whether the browser had room for it. */
export function keepText(draft: KeptDraft): boolean {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}
export const dropDraft = (): void => localStorage.removeItem(KEPT_AS);
