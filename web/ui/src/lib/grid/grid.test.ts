import { describe, expect, test } from 'vitest';

import { Cells, Selection } from './cells.ts';
import { FrameList, listOf } from './numbers.ts';
import { fitting, hit, layout, mixed, paint, palette, pixel } from './paint.ts';

const step = (numbers: string, cells: number[], chunk_size = 1) =>
  new Cells({ name: 'render', numbers, chunk_size, total: cells.length, cells: btoa(String.fromCharCode(...cells)) });

describe('frame lists', () => {
  test('say which number is where', () => {
    const list = new FrameList('1-9x4,20,-3--1,10-8x-1');
    expect(list.length).toBe(10);
    expect(Array.from({ length: 10 }, (_, i) => list.at(i))).toEqual([1, 5, 9, 20, -3, -2, -1, 10, 9, 8]);
    expect([9, 20, -2, 8, 7, 6].map((n) => list.indexOf(n))).toEqual([2, 3, 5, 9, -1, -1]);
  });
  test('are as long as said without being written out', () => {
    const list = new FrameList('1-10000000');
    expect([list.length, list.at(9_999_999), list.indexOf(5_000_000)]).toEqual([10_000_000, 10_000_000, 4_999_999]);
  });
  test('what is no list is empty', () => {
    expect(new FrameList('a-b,,1-').length).toBe(0);
  });
  test('are made of numbers', () => {
    expect(listOf([1, 2, 3, 7, 9, 10])).toBe('1-3,7,9-10');
    expect(listOf([-2, -1, 0])).toBe('-2-0');
    expect(listOf([])).toBe('');
  });
});

describe('cells', () => {
  test('are counted as they change', () => {
    const cells = step('1-4', [0, 1 | (5 << 4), 2 | 8, 3]);
    expect(cells.tally).toEqual({ waiting: 1, running: 1, done: 1, failed: 1, killed: 0, warned: 1 });
    expect([cells.set(0, 1), cells.set(0, 1), cells.set(9, 1), cells.set(2, 2)]).toEqual([true, false, false, true]);
    expect(cells.tally).toEqual({ waiting: 0, running: 2, done: 1, failed: 1, killed: 0, warned: 0 });
  });
  test('of chunks are known by their first frame and hold all of them', () => {
    const cells = step('1,2,3,4,99', [0, 0], 3);
    expect([cells.label(0), cells.label(1), cells.number(1)]).toEqual(['1-3', '4-99', 4]);
    expect([cells.indexOf(3), cells.indexOf(99), cells.indexOf(50)]).toEqual([0, 1, -1]);
    expect(cells.numbers([1])).toBe('4,99');
    expect(step('10-1x-1', Array(10).fill(0)).numbers([0, 1, 9])).toBe('1,9-10');
  });
  test('are selected by range, and never twice', () => {
    const selection = new Selection(10);
    selection.range(7, 3);
    selection.range(5, 99);
    selection.set(3, false);
    expect([[...selection], selection.size]).toEqual([[4, 5, 6, 7, 8, 9], 6]);
    selection.where((i) => i === 1);
    expect([[...selection], selection.size]).toEqual([[1], 1]);
  });
});

describe('painting', () => {
  const colours = { ground: 1, waiting: 10, running: 20, begun: 21, done: 30, failed: 40, killed: 50, warned: 60 };
  const opaque = (n: number) => ((255 << 24) | n) >>> 0;
  const painted = (cells: number[], top = 0, marks: Uint8Array | null = null) => {
    const shape = { columns: 2, rows: 2, pitch: 3, gap: 1 };
    const view = { pixels: new Uint32Array(6 * 4), width: 6, height: 4, top };
    paint(Uint8Array.from(cells), shape, view, palette(colours), palette({ ...colours, done: 99 }), marks);
    return Array.from({ length: 4 }, (_, y) => Array.from(view.pixels.subarray(y * 6, y * 6 + 6), (p) => p & 255));
  };

  test('cells have gaps, what is beyond the last is ground', () => {
    expect(painted([2, 3, 4])).toEqual([[30, 30, 1, 40, 40, 1], [30, 30, 1, 40, 40, 1], [1, 1, 1, 1, 1, 1], [50, 50, 1, 1, 1, 1]]);
  });
  test('a cell that is cut off above is painted as far as it shows', () => {
    expect(painted([2, 3, 4], 1)).toEqual([[30, 30, 1, 40, 40, 1], [1, 1, 1, 1, 1, 1], [50, 50, 1, 1, 1, 1], [50, 50, 1, 1, 1, 1]]);
  });
  test('running cells show how far they are, warned ones that they are', () => {
    expect(painted([1 | (8 << 4), 2 | 8])[0]).toEqual([20, 21, 1, 30, 60, 1]);
  });
  test('what is not marked is dimmed where something is', () => {
    expect(painted([2, 2], 0, Uint8Array.from([1, 0]))[0]).toEqual([30, 30, 1, 99, 99, 1]);
  });
  test('colours are read and mixed', () => {
    expect(pixel('rgb(1, 2, 3)')).toBe(opaque(0x030201));
    expect(pixel('color(srgb 1 0 0.2)')).toBe(opaque(0x3300ff));
    expect(mixed(opaque(100), opaque(200), 0.25)).toBe(opaque(175));
  });
  test('cells are found where they were painted, and as large as fits', () => {
    const shape = layout(100_000, 1200, 4, 2);
    expect([shape.columns, shape.pitch, shape.rows]).toEqual([300, 8, 334]);
    expect(hit(4 * 299 + 1, 5, shape, 2, 100_000)).toBe(599);
    expect([hit(1201, 5, shape, 2, 100_000), hit(5, 4 * 334, shape, 2, 100_000), hit(-1, 0, shape, 2, 9)]).toEqual([-1, -1, -1]);
    expect([fitting(100, 1200, 600), fitting(100_000, 1200, 600), fitting(10_000_000, 800, 600)]).toEqual([34, 2, 4]);
  });
});
