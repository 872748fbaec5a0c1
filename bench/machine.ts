/** Facts about the machine that every report begins with, and about processes on it. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export function machineFacts(): string {
  const [first] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const model = first?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${gib} GiB, Linux ${release()}, Node ${process.version}`;
}

/** Resident anonymous memory of a process, in MB (10⁶ bytes). */
export function anonymousMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1.024e-3;
}
