/** How a state is written down and taken up again: one walk over its numbers for both, so that the two cannot disagree. */

/** A number as JSON can hold it; those that JSON has no word for stand as text. */
export type Cell = number | "NaN" | "Infinity" | "-Infinity" | "-0";

/** What a state's `keep` walks over. Saving notes what it is given; restoring answers what was noted. */
export interface Memory {
  number(value: number): number;
  numbers(values: Float64Array): void;
  flag(value: boolean): boolean;
}

/** Anything that remembers by numbers, walked in the same order each time. */
export interface Kept {
  keep(memory: Memory): void;
}

const cellOf = (value: number): Cell => {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return Object.is(value, -0) ? "-0" : (String(value) as Cell);
};

class Writer implements Memory {
  readonly cells: Cell[] = [];

  number(value: number): number {
    this.cells.push(cellOf(value));
    return value;
  }
  numbers(values: Float64Array): void {
    for (const value of values) this.cells.push(cellOf(value));
  }
  flag(value: boolean): boolean {
    this.cells.push(value ? 1 : 0);
    return value;
  }
}

class Reader implements Memory {
  #cells: readonly Cell[];
  #at = 0;

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#cells.length;
  }

  number(_now: number): number {
    const cell = this.#cells[this.#at++];
    if (cell === undefined) throw new RangeError("fewer numbers were kept than are needed");
    const value = Number(cell);
    if (typeof cell === "string" && cell !== cellOf(value)) throw new RangeError(`kept is no number: ${cell}`);
    return value;
  }
  numbers(values: Float64Array): void {
    for (let at = 0; at < values.length; at++) values[at] = this.number(0);
  }
  flag(_now: boolean): boolean {
    return this.number(0) === 1;
  }
}

export function save(state: Kept): Cell[] {
  const writer = new Writer();
  state.keep(writer);
  return writer.cells;
}

/** Throws RangeError when the cells are another state's; what it leaves behind then is to be thrown away. */
export function restore(state: Kept, cells: readonly Cell[]): void {
  const reader = new Reader(cells);
  state.keep(reader);
  if (!reader.isAtEnd) throw new RangeError("more numbers were kept than are needed");
}
