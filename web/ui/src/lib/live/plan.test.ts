import { expect, test } from 'vitest';

import { concerns, pause, union } from './plan.ts';

test('events of one thing concern who follows that thing alone', () => {
  expect(concerns('job:17', 'job', { id: '17' })).toBe(true);
  expect(concerns('job:18', 'job', { id: '17' })).toBe(false);
  expect(concerns('grid:17', 'grid', { job: 17 })).toBe(true);
  expect(concerns('jobs', 'job', { id: '17' })).toBe(false);
  expect(concerns('jobs', 'jobs', { items: [] })).toBe(true);
  expect(concerns('slot:ws-1/0', 'slot', { host: 'ws-1', slot: 0 })).toBe(true);
  expect(concerns('slot:ws-1/0', 'slot', { host: 'ws-1', slot: 1 })).toBe(false);
});

test('tries come later and later, and not all at once', () => {
  expect(pause(0, 0)).toBe(200);
  expect(pause(0, 1)).toBe(400);
  expect(pause(3, 1)).toBe(3200);
  expect(pause(50, 1)).toBe(15_000);
});

test('topics that several want are asked for once', () => {
  expect(union([['jobs', 'farm'], ['farm'], []])).toEqual(['farm', 'jobs']);
});
