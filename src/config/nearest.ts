/** The known name that is nearest to an unknown one by edits; null when none is near. */
export function nearestName(unknown: string, known: Iterable<string>): string | null {
  const limit = Math.max(2, Math.floor(unknown.length / 3));
  const wanted = unknown.toLowerCase();
  let nearest: string | null = null;
  let least = limit + 1;
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase(), least);
    if (distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

/** Levenshtein distance; at least `bound` when it is known to be no less. */
export function editDistance(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) >= bound) {
    return bound;
  }
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const shifted = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, shifted));
    }
    previous = current;
  }
  return previous[right.length] ?? bound;
}
