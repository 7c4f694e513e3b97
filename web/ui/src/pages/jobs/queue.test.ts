import { describe, expect, test } from 'vitest';

import type { Job, JobState } from '../../lib/api/types.ts';
import { merge, order, priorityBetween, queueOf } from './queue.ts';

const job = (id: number, priority = 50, state: JobState = 'queued', more: Partial<Job> = {}): Job => ({
  id: String(id), name: `job ${id}`, state, priority, user: 'anna', package: 'blender', frames: '1-10',
  frames_total: 10, frames_done: 0, frames_failed: 0, frames_running: 0, frames_waiting: 10, frames_warned: 0,
  attempts_failed: 0, progress_permille: 0, submitted_at: id, results: '', ...more,
});
const ids = (jobs: readonly Job[]) => jobs.map((one) => Number(one.id));

test('a queue goes by priority, then arrival, and what ended comes last, the latest first', () => {
  const list = [job(3), job(10, 40), job(1, 50, 'done', { ended_at: 5 }), job(2, 9, 'failed', { ended_at: 9 }), job(1)];
  expect(ids(list.sort(order('')))).toEqual([10, 1, 3, 2, 1]);
  expect(ids([job(2), job(11), job(1)].sort(order('-id')))).toEqual([11, 2, 1]);
});

test('a job on hold is new until it was started', () => {
  expect(queueOf(job(1, 50, 'held'))).toBe('new');
  expect(queueOf(job(1, 50, 'held', { started_at: 5 }))).toBe('active');
});

describe('changes', () => {
  const rows = [job(1, 10), job(2, 20), job(3, 30)];

  test('renew a row in place and keep what only the list knew', () => {
    const { rows: now, more } = merge(rows, [job(2, 20, 'queued', { frames_done: 4 })], [], {}, '', false);
    expect(now[1]?.frames_done).toBe(4);
    expect(more).toBe(0);
    expect(now[0]).toBe(rows[0]);
  });
  test('move it where its priority changed', () => {
    expect(ids(merge(rows, [job(3, 5)], [], {}, '', false).rows)).toEqual([3, 1, 2]);
  });
  test('take it out where it matches no more or is gone', () => {
    const told = merge(rows, [job(1, 10, 'done')], ['3'], { queue: 'new' }, '', false);
    expect([ids(told.rows), told.more]).toEqual([[2], -2]);
  });
  test('put a new one in, but not past the end of what was fetched', () => {
    expect(ids(merge(rows, [job(9, 15)], [], {}, '', true).rows)).toEqual([1, 9, 2, 3]);
    const past = merge(rows, [job(9, 90)], [], {}, '', true);
    expect([ids(past.rows), past.more]).toEqual([[1, 2, 3], 1]);
    expect(ids(merge(rows, [job(9, 90)], [], { text: 'other' }, '', false).rows)).toEqual([1, 2, 3]);
  });
});

describe('a dragged job', () => {
  const lands = (dragged: Job, above: Job | undefined, below: Job | undefined) => {
    const priority = priorityBetween(dragged, above, below, true);
    const list = [above, below].filter((one) => one !== undefined);
    return ids([...list, { ...dragged, priority }].sort(order('')));
  };
  test('lands between jobs of different priority whichever came first', () => {
    expect(lands(job(5, 80), job(1, 10), job(2, 20))).toEqual([1, 5, 2]);
    expect(lands(job(5, 80), job(8, 10), job(9, 20))).toEqual([8, 5, 9]);
    expect(lands(job(5, 80), job(8, 10), job(2, 12))).toEqual([8, 5, 2]);
  });
  test('lands between jobs of the same priority where it came between them', () => {
    expect(lands(job(5, 80), job(1, 50), job(9, 50))).toEqual([1, 5, 9]);
  });
  test('goes past jobs of its priority that came before or after it', () => {
    expect(priorityBetween(job(9), job(1), job(2), true)).toBe(49);
    expect(priorityBetween(job(1), job(8), job(9), false)).toBe(51);
    expect(priorityBetween(job(9), job(1, 0), job(2, 0), true)).toBe(0);
  });
  test('lands first and last', () => {
    expect(lands(job(5, 80), undefined, job(1, 10))).toEqual([5, 1]);
    expect(lands(job(5, 0), job(9, 10), undefined)).toEqual([9, 5]);
  });
  test('keeps within the priorities that there are', () => {
    expect(priorityBetween(job(5), undefined, job(1, 0), true)).toBe(0);
    expect(priorityBetween(job(5), job(9, 100), undefined, false)).toBe(100);
  });
});
