/** Values of command-line options, refused with the option's name. */

export function count(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) {
    throw new Error(`${option} wants a whole number above 0, not ${text}`);
  }
  return value;
}

export function seconds(option: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`${option} wants seconds, not ${text}`);
  return Number(text);
}

export function oneOf<Value extends string>(
  option: string,
  text: string,
  known: readonly Value[],
): Value {
  const found = known.find((value) => value === text);
  if (found === undefined) throw new Error(`${option} wants ${known.join(', ')}, not ${text}`);
  return found;
}
