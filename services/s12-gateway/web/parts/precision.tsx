/** Prices and quantities at their instrument's own precision, so that decimals line up. */
import { useQuery } from "@tanstack/react-query";
import { instrumentsQuery } from "../api/queries.ts";
import { amountText, asGiven, digitsOf } from "../format/numbers.ts";
import { Figure } from "./figures.tsx";

interface MeasureProps {
  instrument: string;
  value: string | undefined;
}

/** At the tick size; what is no price at all (a market order's) shows as a dash. */
export function Price({ instrument, value }: MeasureProps) {
  const known = useInstrument(instrument);
  const digits = digitsOf(known?.tick_size, -1);
  return <Figure>{value === undefined || digits < 0 ? asGiven(value) : amountText(value, { digits })}</Figure>;
}

/** At the step size. */
export function Quantity({ instrument, value }: MeasureProps) {
  const known = useInstrument(instrument);
  const digits = digitsOf(known?.step_size, -1);
  return <Figure>{value === undefined || digits < 0 ? asGiven(value) : amountText(value, { digits })}</Figure>;
}

const useInstrument = (id: string) => useQuery(instrumentsQuery).data?.find((each) => each.instrument === id);
