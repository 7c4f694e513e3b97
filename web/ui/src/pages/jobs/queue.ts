// The order of a queue, what belongs into it, and where a dragged job goes. The farm decides all of it; this
// is the same, so that a list can be kept true by what changes, without fetching it again.
import type { Job, JobFilter, JobState, Queue } from '../../lib/api/types.ts';

export const FINAL: readonly JobState[] = ['done', 'failed', 'killed'];
export const isFinal = (job: Pick<Job, 'state'>): boolean => FINAL.includes(job.state);

export function queueOf(job: Job): Queue {
  if (isFinal(job)) return 'done';
  return job.state === 'active' || (job.state === 'held' && job.started_at) ? 'active' : 'new';
}

export function matches(job: Job, filter: JobFilter): boolean {
  return (
    (!filter.queue || queueOf(job) === filter.queue) &&
    (!filter.state || filter.state.split(',').includes(job.state)) &&
    (!filter.user || job.user === filter.user) &&
    (!filter.group || job.group === filter.group) &&
    (!filter.package || job.package === filter.package) &&
    (!filter.text || job.name.toLowerCase().includes(filter.text.toLowerCase()))
  );
}

type Order = (a: Job, b: Job) => number;
const number = (id: string): number => Number(id) || 0;
const words = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

// By priority, then arrival; what has ended by its end, the latest first, and after what has not.
const queued: Order = (a, b) => {
  if (isFinal(a) !== isFinal(b)) return isFinal(a) ? 1 : -1;
  if (isFinal(a)) return (b.ended_at ?? 0) - (a.ended_at ?? 0) || number(b.id) - number(a.id);
  return a.priority - b.priority || number(a.id) - number(b.id);
};

const orders: Record<string, Order> = {
  id: (a, b) => number(a.id) - number(b.id),
  name: (a, b) => words(a.name, b.name),
  user: (a, b) => words(a.user, b.user),
  priority: (a, b) => a.priority - b.priority,
  submitted_at: (a, b) => a.submitted_at - b.submitted_at,
  ended_at: (a, b) => (a.ended_at ?? 0) - (b.ended_at ?? 0),
  progress: (a, b) => a.progress_permille - b.progress_permille,
};

export function order(sort: string): Order {
  const named = orders[sort.replace(/^-/, '')];
  if (!named) return queued;
  const turn = sort.startsWith('-') ? -1 : 1;
  return (a, b) => turn * named(a, b) || number(a.id) - number(b.id);
}

/** Takes changed jobs into a list: those that match are put in or renewed, the others and `gone` leave it.
    Past the end of a list that goes on (`open`) nothing is put in: it comes when that part is fetched. */
export function merge(
  rows: readonly Job[], items: readonly Job[], gone: readonly string[], filter: JobFilter, sort: string, open: boolean,
): { rows: Job[]; more: number } {
  const changed = new Map(items.map((job) => [job.id, job]));
  const left = new Set(gone);
  const known = new Set<string>();
  const kept: Job[] = [];
  let more = 0;
  let moved = false;
  const by = order(sort);
  for (const row of rows) {
    known.add(row.id);
    const now = changed.get(row.id);
    if (left.has(row.id) || (now && !matches(now, filter))) {
      more -= 1;
      continue;
    }
    if (now && by(row, now) !== 0) moved = true;
    kept.push(now ? { ...row, ...now } : row);
  }
  const last = rows.at(-1);
  for (const job of changed.values()) {
    if (known.has(job.id) || left.has(job.id) || !matches(job, filter)) continue;
    more += 1;
    if (open && last && by(job, last) > 0) continue;
    kept.push(job);
    moved = true;
  }
  if (moved) kept.sort(by);
  return { rows: kept, more };
}

/** The priority that brings `job` between `above` and `below`. Where no whole number does, since those came at the
    same priority before or after it, it goes past them: earlier where it is moved `up`, else later. */
export function priorityBetween(job: Job, above: Job | undefined, below: Job | undefined, up: boolean): number {
  const least = 0;
  const most = 100;
  const after = (other: Job) => number(job.id) > number(other.id);
  if (above && below) {
    if (after(above) && (above.priority < below.priority || !after(below))) return above.priority;
    if (!after(below) && above.priority < below.priority) return below.priority;
    if (below.priority - above.priority > 1) return above.priority + 1;
    return up ? Math.max(least, below.priority - 1) : Math.min(most, above.priority + 1);
  }
  if (below) return after(below) ? Math.max(least, below.priority - 1) : below.priority;
  if (above) return after(above) ? above.priority : Math.min(most, above.priority + 1);
  return job.priority;
}
