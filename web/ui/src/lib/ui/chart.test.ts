import { expect, test } from 'vitest';

import { line, nearest, rate, topOf } from './chart.ts';

test('a scale ends at a round number', () => {
  expect([0, 3, 4200, 10, 0.07].map((most) => topOf(most))).toEqual([1, 3, 5000, 10, 0.08]);
  expect([900, 1025, 5.4e9].map((most) => topOf(most, true))).toEqual([1024, 2048, 8 * 2 ** 30]);
});

test('points become a path that fills its box', () => {
  expect(line([{ x: 10, y: 0 }, { x: 20, y: 5 }, { x: 30, y: 99 }], 100, 50, 10, 30, 10)).toBe('M0.0 50.0L50.0 25.0L100.0 0.0');
});

test('a count becomes a speed; one that fell was begun anew', () => {
  expect(rate([{ x: 0, y: 0 }, { x: 1000, y: 100 }, { x: 3000, y: 500 }, { x: 4000, y: 20 }])).toEqual([
    { x: 1000, y: 100 }, { x: 3000, y: 200 }, { x: 4000, y: 0 }]);
  expect(nearest([{ x: 1, y: 1 }, { x: 5, y: 2 }], 4)?.y).toBe(2);
});
