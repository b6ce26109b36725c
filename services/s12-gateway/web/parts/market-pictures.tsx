/** Under the price chart: the depth of the book, and of a future its funding. */
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { DepthPicture } from "./depth-picture.tsx";
import { FundingPicture } from "./funding-picture.tsx";

export function MarketPictures({ instrument }: { instrument: Instrument | undefined }) {
  const isFuture = instrument?.market === "FUT";
  return (
    <div className="market-pictures" data-count={isFuture ? 2 : 1}>
      <DepthPicture instrument={instrument} />
      {isFuture ? <FundingPicture instrument={instrument} /> : null}
    </div>
  );
}
