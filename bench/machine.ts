/** Facts about the machine that every report begins with. */
import { cpus, release, totalmem } from 'node:os';

export function machineFacts(): string {
  const [first] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const model = first?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${gib} GiB, Linux ${release()}, Node ${process.version}`;
}
