import { expect, test } from 'vitest';

import type { SlotStats } from '../api/types.ts';
import { branches, remember } from './tree.ts';

const process = (pid: number, parent: number) =>
  ({ pid, parent, name: `p${pid}`, cpu_permille: 0, memory_bytes: 0, read_bytes: 0, written_bytes: 0, state: 'S' });

test('children stand below their parents, strangers at the root', () => {
  const tree = branches([process(12, 11), process(10, 1), process(11, 10), process(13, 10), process(20, 99)]);
  expect(tree.map(({ process: { pid }, depth }) => [pid, depth])).toEqual([[10, 0], [11, 1], [12, 2], [13, 1], [20, 0]]);
});

test('a process that is its own parent ends no page', () => {
  expect(branches([process(5, 5)]).length).toBe(1);
});

test('rates are per second, and another attempt begins anew', () => {
  const look = (at: number, read: number, attempt = 1) =>
    ({ at, read_bytes: read, written_bytes: 0, cpu_permille: 500, memory_bytes: 1, attempt, processes: [] }) as unknown as SlotStats;
  const one = look(1000, 0);
  const two = look(3000, 4096);
  let past = remember([], null, one);
  past = remember(past, one, two);
  expect(past.map((moment) => moment.read)).toEqual([0, 2048]);
  expect(remember(past, two, two)).toBe(past);
  expect(remember(past, two, look(4000, 0, 2)).length).toBe(1);
});
