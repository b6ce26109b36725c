/** AQL texts and the values bound to them: a text is made of fixed parts, and everything else is bound. */

export interface Statement {
  text: string;
  values: Record<string, unknown>;
}

/** Collects values under names that are used once each. */
export class Binder {
  readonly values: Record<string, unknown> = {};
  readonly #byValue = new Map<unknown, string>();
  readonly #byName = new Map<string, string>();

  /** `@v0`; the same for the same scalar. */
  value(value: unknown): string {
    const isScalar = typeof value !== "object" || value === null;
    const known = isScalar ? this.#byValue.get(value) : undefined;
    if (known) return known;
    const name = `v${Object.keys(this.values).length}`;
    this.values[name] = value;
    if (isScalar) this.#byValue.set(value, `@${name}`);
    return `@${name}`;
  }

  /** `@a0`: an attribute's name, as in `d.by.@a0`; the same for the same. */
  attribute(name: string): string {
    const known = this.#byName.get(name);
    if (known) return known;
    const bound = `a${Object.keys(this.values).length}`;
    this.values[bound] = name;
    this.#byName.set(name, `@${bound}`);
    return `@${bound}`;
  }

  /** `@@c0`: a collection or a view. */
  collection(name: string): string {
    const bound = `c${Object.keys(this.values).length}`;
    this.values[`@${bound}`] = name;
    return `@@${bound}`;
  }

  statement(...lines: readonly string[]): Statement {
    return { text: lines.filter((line) => line !== "").join("\n"), values: this.values };
  }
}
