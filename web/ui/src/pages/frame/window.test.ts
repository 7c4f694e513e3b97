import { describe, expect, test } from 'vitest';

import { LogWindow, piece, shown, type Fetched } from './window.ts';

/** A log, read as the farm hands it out. */
const log = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return (from: number, length: number): Fetched => ({ from, bytes: bytes.slice(from, from + length), length: bytes.length });
};

test('lines are shown as a terminal would show them at last, and not endless', () => {
  expect(shown('\u001b[32mok\u001b[0m 5%\r10%\r')).toBe('10%');
  expect(shown('<b>x</b>')).toBe('<b>x</b>');
  expect(shown('x'.repeat(5000))).toMatch(/^x{4000} … \(5000 characters\)$/);
});

describe('a piece', () => {
  const read = log('one\ntwo\nthrée\nfour\n');
  test('leaves out lines that are cut off', () => {
    expect(piece(read(2, 11), true)).toEqual({ from: 4, to: 8, lines: ['two'], open: false });
    expect(piece(read(0, 100), true).lines).toEqual(['one', 'two', 'thrée', 'four']);
  });
  test('keeps the last line of the log though it goes on', () => {
    expect(piece(log('a\nb')(0, 9), true)).toEqual({ from: 0, to: 3, lines: ['a', 'b'], open: true });
  });
  test('within one endless line is shown as it is', () => {
    expect(piece(log('x'.repeat(100))(10, 20), true).lines).toEqual(['x'.repeat(20)]);
  });
});

describe('a window', () => {
  const text = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('');
  test('grows at both ends without losing or repeating a line', () => {
    const read = log(text);
    const window = new LogWindow();
    window.begin(read(700, 300));
    while (!window.atStart) {
      const from = Math.max(0, window.from - 130);
      window.before(read(from, window.from - from));
    }
    while (!window.atEnd) window.after(read(window.to, 97));
    expect(window.lines.join('\n') + '\n').toBe(text);
  });
  test('goes on with a line that was not whole', () => {
    const window = new LogWindow();
    window.begin(log('a\nhalf')(0, 99));
    window.after(log('a\nhalf a line\nb\n')(window.to, 99));
    expect(window.lines).toEqual(['a', 'half a line', 'b']);
    expect(window.after(log('a\nhalf a line\nb\n')(window.to, 99))).toBe(0);
  });
  test('forgets what is far from where one looks', () => {
    const read = log(text);
    const window = new LogWindow(20);
    window.begin(read(0, 60));
    let forgotten = 0;
    while (!window.atEnd) forgotten += window.after(read(window.to, 60));
    expect(window.lines.at(-1)).toBe('line 199');
    expect(window.lines.length).toBeLessThan(30);
    expect(forgotten).toBe(200 - window.lines.length);
    expect(window.atStart).toBe(false);
  });
});
