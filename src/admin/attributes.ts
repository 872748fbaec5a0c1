/** Topic attributes as typed: `+a=b,+c=d,-e` (Java AttributeParser). */

/** Name with its sign → value, empty for a removal. */
export function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [key = '', value, ...rest] = part.split('=');
    const isAddition = key.startsWith('+') && value !== undefined && rest.length === 0;
    const isRemoval = key.startsWith('-') && value === undefined;
    if (key.length < 2 || !(isAddition || isRemoval)) {
      throw new Error(`attribute '${part}' is neither +name=value nor -name`);
    }
    if (attributes.has(key)) throw new Error(`attribute '${key}' is given twice`);
    attributes.set(key, value ?? '');
  }
  return attributes;
}
