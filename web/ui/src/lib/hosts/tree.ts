// The processes of a slot as a tree, and how much of the past is kept of what they use.
import type { ProcessStats, SlotStats } from '../api/types.ts';

export interface Branch {
  process: ProcessStats;
  depth: number;
}

/** Parents before their children, the oldest first; those whose parent is not among them stand at the root. */
export function branches(processes: readonly ProcessStats[]): Branch[] {
  const known = new Set(processes.map((one) => one.pid));
  const under = new Map<number, ProcessStats[]>();
  for (const one of [...processes].sort((a, b) => a.pid - b.pid)) {
    const parent = known.has(one.parent) && one.parent !== one.pid ? one.parent : 0;
    under.set(parent, [...(under.get(parent) ?? []), one]);
  }
  const found: Branch[] = [];
  const seen = new Set<number>();
  const go = (parent: number, depth: number) => {
    for (const process of under.get(parent) ?? []) {
      if (seen.has(process.pid)) continue;
      seen.add(process.pid);
      found.push({ process, depth });
      go(process.pid, depth + 1);
    }
  };
  go(0, 0);
  return found;
}

export interface Moment {
  at: number;
  cpu: number;
  memory: number;
  read: number;
  written: number;
}

const KEPT = 180;

/** The past with one more look; it begins anew with another attempt. Reading and writing are per second. */
export function remember(past: Moment[], before: SlotStats | null, now: SlotStats): Moment[] {
  const same = before && before.job === now.job && before.frame === now.frame && before.attempt === now.attempt;
  const seconds = same ? (now.at - before.at) / 1000 : 0;
  if (same && seconds <= 0) return past;
  const rate = (of: 'read_bytes' | 'written_bytes') => (same ? Math.max(0, now[of] - before[of]) / seconds : 0);
  const moment = {
    at: now.at, cpu: now.cpu_permille, memory: now.memory_bytes, read: rate('read_bytes'), written: rate('written_bytes'),
  };
  return [...(same ? past : []), moment].slice(-KEPT);
}
