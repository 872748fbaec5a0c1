/** Values of command-line options, refused with the option's name. */

/** The caller's mistake: told in one line, without where in the code it was found. */
export class BadOption extends Error {}

export function count(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) {
    throw new BadOption(`${option} wants a whole number above 0, not ${text}`);
  }
  return value;
}

export function seconds(option: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new BadOption(`${option} wants seconds, not ${text}`);
  return Number(text);
}

export function oneOf<Value extends string>(
  option: string,
  text: string,
  known: readonly Value[],
): Value {
  const found = known.find((value) => value === text);
  if (found === undefined) throw new BadOption(`${option} wants ${known.join(', ')}, not ${text}`);
  return found;
}
