import { expect, test } from 'vitest';

import { load, shorten } from './row.ts';
import { cellAt, layout, moved } from './map.ts';

const info = (over: object) => ({ processors: 8, memory_bytes: 2 ** 34, gpus: [], packages: [], tags: [], os_family: 'linux', os_type: 'debian', os_version: '12', ...over });
const host = (over: object) => ({ name: 'r1', state: 'idle', slots_total: 4, slots_busy: 1, slots: [], heard_at: 1, door: { is: 'open' }, info: info({}), ...over });

test('a row says what a host has in words that can be searched', () => {
  const row = shorten(host({ info: info({ tags: ['fast'], packages: [{ name: 'blender', version: '4.5', executable: '/b' }], gpus: [{ model: 'RTX', memory_bytes: 1, driver: '' }] }) }) as never);
  expect(row.words).toContain('blender 4.5');
  expect(row.words).toContain('fast');
  expect(row.gpus).toBe(1);
  expect(load(row)).toBe(0.25);
});

test('a map shows every host, as large as there is room for', () => {
  for (const [count, width, height] of [[1, 300, 200], [40, 300, 200], [10_000, 1200, 600], [10_000, 350, 500]] as const) {
    const map = layout(count, width, height);
    expect(map.columns * map.rows).toBeGreaterThanOrEqual(count);
    expect(map.columns * map.cell).toBeLessThanOrEqual(width);
    expect(map.cell).toBeGreaterThanOrEqual(4);
    expect(map.cell).toBeLessThanOrEqual(48);
  }
});

test('a point in the map is the host that is drawn there', () => {
  const map = layout(10, 100, 100);
  expect(cellAt(map, 10, 1, 1)).toBe(0);
  expect(cellAt(map, 10, map.cell * 1.5, map.cell * 0.5)).toBe(1);
  expect(cellAt(map, 10, map.columns * map.cell + 1, 1)).toBe(-1);
  expect(cellAt(map, 10, 1, map.cell * map.rows + 1)).toBe(-1);
});

test('arrow keys go to neighbours and stop at the ends', () => {
  const map = { columns: 4, rows: 3, cell: 10 };
  expect(moved(map, 10, 0, 'ArrowDown')).toBe(4);
  expect(moved(map, 10, 9, 'ArrowDown')).toBe(9);
  expect(moved(map, 10, 0, 'ArrowLeft')).toBe(0);
  expect(moved(map, 10, 3, 'End')).toBe(9);
  expect(moved(map, 10, 3, 'x')).toBeUndefined();
});
