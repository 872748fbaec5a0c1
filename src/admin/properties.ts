/** The property text of messages: `name 0x01 value 0x02 …` (Java MessageDecoder). */

const nameEnd = '\u0001';
const pairEnd = '\u0002';

/** Reads as Java does: pairs under three characters or with an empty value are dropped. */
export function propertiesOf(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const pair of text.split(pairEnd)) {
    const split = pair.indexOf(nameEnd);
    if (pair.length < 3 || split < 0 || split === pair.length - 1) continue;
    properties.set(pair.slice(0, split), pair.slice(split + 1));
  }
  return properties;
}

/** The text of the properties; null values are left out. */
export function propertiesText(properties: Iterable<[string, string | null]>): string {
  let text = '';
  for (const [name, value] of properties) {
    if (value !== null) text += `${name}${nameEnd}${value}${pairEnd}`;
  }
  return text;
}
