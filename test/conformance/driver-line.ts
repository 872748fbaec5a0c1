/**
 * The lines of JSON by which the client programs (Java, Go, Node) report, one for each scenario.
 */
export interface DriverLine {
  readonly scenario: string;
  readonly ok: boolean;
  readonly failure?: string;
  readonly millis?: number;
  readonly [seen: string]: unknown;
}

/** The programs may print other lines (client libraries log to stdout); these are passed over. */
export function driverLines(stdout: string): Map<string, DriverLine> {
  const lines = new Map<string, DriverLine>();
  for (const text of stdout.split('\n')) {
    if (!text.startsWith('{"scenario":')) continue;
    const line = JSON.parse(text) as DriverLine;
    lines.set(line.scenario, line);
  }
  return lines;
}
