/** Trace messages of clients, as far as operators are shown them (Java TraceDataEncoder). */
import type { StoredMessage } from '../../../admin/message-record.ts';

const fieldEnd = '\u0001';
const contextEnd = '\u0002';

export interface TraceView {
  type: 'Pub' | 'SubAfter';
  group: string;
  clientHost: string;
  /** Milliseconds. */
  timestamp: number;
  costMs: number;
  isSuccess: boolean;
}

/** What the trace says of the message with the id, by producers and after consumption. */
export function tracesOf(id: string, trace: StoredMessage): TraceView[] {
  const clientHost = trace.bornHost.slice(0, trace.bornHost.lastIndexOf(':'));
  return trace.body
    .toString('utf8')
    .split(contextEnd)
    .flatMap((context) => {
      const view = viewOf(id, context.split(fieldEnd));
      return view === null ? [] : [{ ...view, clientHost }];
    });
}

function viewOf(id: string, fields: string[]): Omit<TraceView, 'clientHost'> | null {
  const at = (index: number): string => fields[index] ?? '';
  if (at(0) === 'Pub' && at(5) === id) {
    // The thirteenth field is the offset id where there are more than thirteen.
    const success = fields.length >= 14 ? at(13) : at(12);
    const times = { timestamp: Number(at(1)), costMs: Number(at(10)) };
    return { type: 'Pub', group: at(3), ...times, isSuccess: success === 'true' };
  }
  if (at(0) === 'SubAfter' && at(2) === id) {
    const times = { timestamp: Number(at(7) || 0), costMs: Number(at(3)) };
    return { type: 'SubAfter', group: at(8), ...times, isSuccess: at(4) === 'true' };
  }
  return null;
}
