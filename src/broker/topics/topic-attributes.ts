/**
 * Changes of a topic's attributes, `+name=value,-name` (Java AttributeParser, AttributeUtil,
 * TopicAttributes). Refuses, with Java's texts, what Java refuses.
 */
interface AttributeRule {
  changeable: boolean;
  accepts(value: string): boolean;
}

const oneOf =
  (...values: string[]) =>
  (value: string): boolean =>
    values.includes(value);

const RULES: ReadonlyMap<string, AttributeRule> = new Map([
  ['queue.type', { changeable: false, accepts: oneOf('BatchCQ', 'SimpleCQ') }],
  ['cleanup.policy', { changeable: false, accepts: oneOf('DELETE', 'COMPACTION') }],
  [
    'message.type',
    {
      changeable: true,
      accepts: oneOf('UNSPECIFIED', 'NORMAL', 'FIFO', 'DELAY', 'TRANSACTION', 'MIXED'),
    },
  ],
]);

export class AttributeError extends Error {
  override readonly name = 'AttributeError';
}

/** Name with its sign → value, empty for a removal. */
export function parseAttributeChanges(text: string | null): Map<string, string> {
  const changes = new Map<string, string>();
  for (const part of (text ?? '').split(',').filter((each) => each !== '')) {
    const [key = '', value] = part.split('=');
    const sign = value === undefined ? '-' : '+';
    if (!key.startsWith(sign)) {
      const action = value === undefined ? 'delete' : 'add/alter';
      throw new AttributeError(`${action} attribute format is wrong: ${key}`);
    }
    if (changes.has(key)) throw new AttributeError(`key duplication: ${key}`);
    changes.set(key, value ?? '');
  }
  return changes;
}

/** The attributes after the changes; `current` is null while the topic is being created. */
export function changeAttributes(
  current: ReadonlyMap<string, string> | null,
  changes: ReadonlyMap<string, string>,
): Map<string, string> {
  const result = new Map(current ?? []);
  const seen = new Set<string>();
  for (const [signed, value] of changes) {
    const name = signed.slice(1);
    if (seen.has(name)) throw new AttributeError(`alter duplication key. key: ${name}`);
    seen.add(name);
    const isRemoval = signed.startsWith('-');
    checkChange(name, value, isRemoval, current);
    if (isRemoval) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

function checkChange(
  name: string,
  value: string,
  isRemoval: boolean,
  current: ReadonlyMap<string, string> | null,
): void {
  if (name === '' || /[+-]/.test(name)) throw new AttributeError('kv string format wrong.');
  if (isRemoval && current === null) {
    throw new AttributeError(`only add attribute is supported while creating topic. key: ${name}`);
  }
  if (isRemoval && current?.has(name) === false) {
    throw new AttributeError(`attempt to delete a nonexistent key: ${name}`);
  }
  const rule = RULES.get(name);
  if (rule === undefined) throw new AttributeError(`unsupported key: ${name}`);
  if (current !== null && !rule.changeable) {
    throw new AttributeError(`attempt to update an unchangeable attribute. key: ${name}`);
  }
  if (!isRemoval && !rule.accepts(value)) {
    throw new AttributeError(`value is not in set: ${value}`);
  }
}
