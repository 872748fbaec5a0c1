/**
 * The cluster that outside clients are let loose on, chosen in this one place.
 *
 * By default our own processes; with TURBOPUMP_CONFORMANCE_TARGET=java the real RocketMQ 5.3.3,
 * which tells whether a failure is the test program's fault or ours.
 */
import { startJavaCluster } from '../oracle/java-cluster.ts';
import type { Properties } from '../oracle/properties-text.ts';
import { startOwnCluster } from './own-cluster.ts';

export interface Cluster {
  readonly kind: 'turbopump' | 'java';
  readonly nameServer: string;
  readonly broker: string;
  readonly folder: string;
  /** What the servers printed. */
  output(): string;
  stop(): Promise<void>;
}

export function targetKind(): Cluster['kind'] {
  const target = process.env['TURBOPUMP_CONFORMANCE_TARGET'] ?? 'turbopump';
  if (target !== 'turbopump' && target !== 'java') {
    throw new Error(`TURBOPUMP_CONFORMANCE_TARGET is turbopump or java, not ${target}`);
  }
  return target;
}

export async function startClusterUnderTest(settings: Properties = {}): Promise<Cluster> {
  if (targetKind() === 'turbopump') return await startOwnCluster(settings);
  return { kind: 'java', ...(await startJavaCluster(settings)) };
}
