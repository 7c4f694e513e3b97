// The rules of following, without a browser in them: who wants which topic, what an event is for, and how
// long to wait before the next try.

/** Which topic an event tells of, where its name alone does not say so. */
export function topicOf(event: string, data: unknown): string {
  const told = (data ?? {}) as Record<string, unknown>;
  switch (event) {
    case 'job':
      return `job:${String(told['id'])}`;
    case 'grid':
      return `grid:${String(told['job'])}`;
    case 'host':
      return `host:${String(told['name'])}`;
    default:
      return event;
  }
}

/** Whether who follows `topic` wants an event of it. `slot` and `frame` tell values of one thing each. */
export function concerns(topic: string, event: string, data: unknown): boolean {
  const exact = topicOf(event, data);
  if (topic === exact) return true;
  const told = (data ?? {}) as Record<string, unknown>;
  if (event === 'slot') return topic === `slot:${String(told['host'])}/${String(told['slot'])}`;
  if (event === 'frame') return topic.startsWith('frame:');
  return false;
}

/** Milliseconds before try `n` (from 0) to connect again: soon, then ever later, spread by `chance` (0..1). */
export function pause(n: number, chance: number): number {
  const most = Math.min(15_000, 400 * 2 ** Math.min(n, 10));
  return Math.round(most / 2 + (most / 2) * chance);
}

/** The topics that all of them want, each once and in a fixed order. */
export function union(wanted: Iterable<readonly string[]>): string[] {
  return [...new Set([...wanted].flat())].sort();
}
