/**
 * What mqadmin printed, without what differs between any two runs: addresses, ids, times, rates,
 * sizes of this machine. Labels, columns, their order and every other value stay.
 */

/** Replaces what can never be the same twice, so ordered that no rule hides another's match. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d+)?/g, '<time>'],
  [/\b127\.0\.0\.1:\d+/g, '<address>'],
  [/\S*turbopump-cluster-\w+/g, '<folder>'],
  // Java's keeps the mapping of a static topic in a file named by the time.
  [/\S*\/(StaticTopic)-\d+/g, '$1-<time>'],
  // 32 digits, or 56 where the host's address is an IPv6 one.
  [/\b([0-9A-F]{32}|[0-9A-F]{56})\b/g, '<id>'],
  [/^(CommitLog Offset:).*/gm, '$1 <place>'],
];

export function masked(text: string): string {
  return MASKS.reduce((now, [pattern, by]) => now.replace(pattern, by), text);
}

/** Lines without trailing blanks, runs of blanks as one: column widths follow the values. */
export function lines(text: string): string[] {
  return masked(text)
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
}

/** Columns and rows of a table whose cells hold figures that move: every number becomes `<n>`. */
export function tableShape(text: string): string[] {
  return lines(text).map((line) =>
    line.startsWith('#') ? line : line.replace(/\b\d+(\.\d+)?\b/g, '<n>'),
  );
}

/** Progress of groups with every value but the consume rate of the last seconds. */
export function progressLines(text: string): string[] {
  return lines(text).map((line) =>
    line.replace(/^(Consume TPS:).*/, '$1 <rate>').replace(/ (OFFLINE) [\d.]+ /, ' $1 <rate> '),
  );
}

/** The keys of brokerStatus; a folder in a key is the store's. Values are this machine's. */
export function statusKeys(text: string): string[] {
  return lines(text).map((line) =>
    line
      .replace(/^(<address> )?([^:]*?) ?:.*/, '$2')
      .replace(/(commitLogDiskRatio_).*/, '$1<folder>'),
  );
}

/**
 * Rows but those that name a topic as a consumer group of itself.
 *
 * Broker 5.3.3 adds a subscription's topic where its group belongs (`ConsumerManager`, its table of
 * groups by topic); later sources add the group. Not repeated by us.
 */
function withoutTopicAsGroup(printed: readonly string[]): string[] {
  return printed.filter(
    (line) =>
      !/ (\S+) \1$/.test(line) && !line.startsWith('MessageTrack [consumerGroup=FixedTopic,'),
  );
}

/** Properties of a message in one fixed order; Java prints a hash map's. */
export function messageLines(text: string): string[] {
  return withoutTopicAsGroup(lines(text))
    .filter((line) => !line.startsWith('See https://'))
    .map((line) => line.replace(/^(Message Body Path:).*/, '$1 <path>'))
    .map((line) =>
      line.replace(/^Properties: \{(.*)\}$/, (_, pairs: string) =>
        ['Properties:', ...pairs.split(', ').sort()].join(' '),
      ),
    );
}
