// A host as lists show it: what of it is looked at, and no more, since there may be ten thousand.
import type { Door, Host, HostState } from '../api/types.ts';

export interface Row {
  name: string;
  state: HostState;
  slots_total: number;
  slots_busy: number;
  heard_at: number;
  door: Door;
  processors: number;
  memory: number;
  gpus: number;
  system: string;
  /** The short names of what can render there. */
  packages: string[];
  /** Everything that can be searched for, in small letters. */
  words: string;
}

/** What of a host changes most often: the rest of it stays. */
export type Change = Pick<Row, 'name' | 'state' | 'slots_total' | 'slots_busy' | 'heard_at'>;

export function shorten(host: Host): Row {
  const { info } = host;
  const packages = [...new Set(info.packages.map((one) => one.name))].sort();
  const system = [info.os_type || info.os_family, info.os_version].filter(Boolean).join(' ');
  const words = [
    host.name, system, info.os_family, info.processor_type, ...info.tags, ...(info.pools ?? []),
    ...info.packages.map((one) => `${one.name} ${one.version}`), ...info.gpus.map((gpu) => gpu.model),
  ];
  return {
    name: host.name, state: host.state, slots_total: host.slots_total, slots_busy: host.slots_busy,
    heard_at: host.heard_at, door: host.door, processors: info.processors, memory: info.memory_bytes,
    gpus: info.gpus.length, system, packages, words: words.join('\n').toLowerCase(),
  };
}

/** How much of it is at work, 0 to 1. */
export const load = (row: Pick<Row, 'slots_busy' | 'slots_total'>): number =>
  row.slots_total > 0 ? row.slots_busy / row.slots_total : 0;

export type Order = 'name' | 'state' | 'load' | 'processors' | 'memory' | 'heard';

const STATES: HostState[] = ['silent', 'draining', 'busy', 'idle', 'closed'];
const compare: Record<Order, (a: Row, b: Row) => number> = {
  name: () => 0,
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  load: (a, b) => load(a) - load(b),
  processors: (a, b) => a.processors - b.processors,
  memory: (a, b) => a.memory - b.memory,
  heard: (a, b) => a.heard_at - b.heard_at,
};
const collator = new Intl.Collator('en', { numeric: true });

/** In order by `sort`, `-` before it turns it round; alike ones by name, as people count. */
export function sorted(rows: Row[], sort: string): Row[] {
  const down = sort.startsWith('-');
  const by = compare[(down ? sort.slice(1) : sort) as Order] ?? compare.name;
  const turn = down ? -1 : 1;
  const last = down && by === compare.name ? -1 : 1;
  return rows.toSorted((a, b) => turn * by(a, b) || last * collator.compare(a.name, b.name));
}
