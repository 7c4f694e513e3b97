import { expect, test } from 'vitest';

import { reveal, seen, select } from './table.ts';

test('only rows in sight are drawn, with a few around them', () => {
  expect(seen(0, 360, 36, 5000)).toEqual({ first: 0, end: 16 });
  expect(seen(36 * 100, 360, 36, 5000)).toEqual({ first: 94, end: 116 });
  expect(seen(36 * 4995, 360, 36, 5000).end).toBe(5000);
  expect(seen(0, 360, 36, 0)).toEqual({ first: 0, end: 0 });
});

test('a list that became shorter than where it was scrolled to still shows rows', () => {
  const { first, end } = seen(36 * 4000, 360, 36, 10);
  expect(end).toBe(10);
  expect(first).toBeLessThan(10);
});

test('a row is brought into sight by the shortest way', () => {
  expect(reveal(5, 0, 360, 36)).toBe(0);
  expect(reveal(12, 0, 360, 36)).toBe(13 * 36 - 360);
  expect(reveal(2, 360, 360, 36)).toBe(72);
});

test('clicks select one, one more, or a range', () => {
  const keys = ['a', 'b', 'c', 'd'];
  expect(select(new Set(['a']), keys, 2, 0, 'one')).toEqual(new Set(['c']));
  expect(select(new Set(['a', 'c']), keys, 2, 0, 'more')).toEqual(new Set(['a']));
  expect(select(new Set(['a']), keys, 1, 3, 'range')).toEqual(new Set(['a', 'b', 'c', 'd']));
  expect(select(new Set(['a']), keys, 9, 0, 'one')).toEqual(new Set(['a']));
});
