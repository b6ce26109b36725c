/** A public trade as its frame says it, on either market. */
export interface RawTrade {
  readonly E: number;
  readonly T: number;
  readonly s: string;
  readonly t: number;
  readonly p: string;
  readonly q: string;
  /** The buyer was the maker. */
  readonly m: boolean;
}
