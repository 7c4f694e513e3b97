// What a table shows of each row, and which rows are on the screen.
import type { Snippet } from 'svelte';

export interface Column<T> {
  id: string;
  title: string;
  /** A track of the grid: `minmax(10rem, 2fr)`, `6rem`. */
  width: string;
  /** Shown from this width of the table on, in pixels. */
  from?: number;
  /** Shown below this width only. */
  upto?: number;
  /** Numbers stand at the right. */
  num?: boolean;
  /** The field to sort by, where it can be. */
  sort?: string;
  /** Plain text of a cell, where no `cell` draws it. */
  text?: (row: T) => string;
  cell?: Snippet<[T, number]>;
}

export interface Range {
  first: number;
  /** One past the last. */
  end: number;
}

/** The rows to draw: those in sight and `over` more at both ends. */
export function seen(top: number, height: number, row: number, total: number, over = 6): Range {
  if (row <= 0 || total <= 0) return { first: 0, end: 0 };
  const first = Math.min(Math.max(0, Math.floor(top / row) - over), Math.max(0, total - 1));
  const end = Math.min(total, Math.ceil((top + Math.max(height, 0)) / row) + over);
  return { first, end: Math.max(first, end) };
}

/** Where to scroll so that a row is in sight; where it is already, nothing changes. */
export function reveal(at: number, top: number, height: number, row: number): number {
  if (at * row < top) return at * row;
  if ((at + 1) * row > top + height) return (at + 1) * row - height;
  return top;
}

/** What a click on a row selects: one, one more, or all from the last one to it. */
export function select<K>(
  now: ReadonlySet<K>, keys: readonly K[], at: number, from: number, how: 'one' | 'more' | 'range',
): Set<K> {
  const key = keys[at];
  if (key === undefined) return new Set(now);
  if (how === 'one') return new Set([key]);
  const next = new Set(now);
  if (how === 'more') {
    if (!next.delete(key)) next.add(key);
    return next;
  }
  const [low, high] = from < at ? [from, at] : [at, from];
  for (let i = Math.max(0, low); i <= high; i += 1) next.add(keys[i] as K);
  return next;
}
