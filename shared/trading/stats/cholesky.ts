/** Solves A·x = b for a symmetric, positive definite A, and says so when it is none. */

/** `a` row by row. Null where a pivot is not above zero: A is singular but for rounding, or not positive definite. */
export function solvePositive(a: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const lower = factor(a);
  if (lower === null) return null;
  const x = [...b];
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x.every(Number.isFinite) ? x : null;
}

/** L with L·Lᵀ = A (Cholesky; Golub and Van Loan, Matrix Computations, 4.2). */
function factor(a: readonly (readonly number[])[]): number[][] | null {
  const lower = a.map((row) => new Array<number>(row.length).fill(0));
  for (const [i, row] of a.entries()) {
    for (let j = 0; j <= i; j++) {
      let rest = row[j]!;
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]![j] = rest / lower[j]![j]!;
      else if (rest > 0) lower[i]![i] = Math.sqrt(rest);
      else return null;
    }
  }
  return lower;
}
