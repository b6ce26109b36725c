/** Freezing what is passed by reference, so that nobody alters what others hold; for tests: it costs time. */

/** Freezes a value through and through; what is frozen already is taken to be so throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
