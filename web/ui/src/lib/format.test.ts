import { expect, test } from 'vitest';

import { ago, bytes, clock, coreHours, cores, count, counted, duration, expected, percent, rough } from './format.ts';

test('amounts have a unit that fits', () => {
  expect([0, 1023, 1024, 1536, 102_400, 16 * 2 ** 30].map(bytes)).toEqual(
    ['0 B', '1023 B', '1 KiB', '1.5 KiB', '100 KiB', '16 GiB']);
  expect(bytes(null)).toBe('–');
  expect(bytes(2 ** 40 * 1.25)).toBe('1.3 TiB');
});

test('numbers are grouped', () => {
  expect([0, 999, 1000, 1_234_567, -1234].map(count)).toEqual(['0', '999', '1,000', '1,234,567', '-1,234']);
  expect([counted(1, 'frame'), counted(2, 'frame'), counted(2, 'copy', 'copies')]).toEqual(
    ['1 frame', '2 frames', '2 copies']);
});

test('durations say their two largest units', () => {
  expect([0, 950, 9990, 59_400, 60_000, 3_599_900, 3_600_000, 90_061_000].map(duration)).toEqual(
    ['0 s', '0.9 s', '10 s', '59 s', '1 min 00 s', '1 h 00 min', '1 h 00 min', '1 d 1 h']);
  expect([89_000, 91_000, 7_200_000, 260_000_000].map(rough)).toEqual(['89 s', '2 min', '2 h', '3 d']);
});

test('an expected end says how sure it is', () => {
  const now = new Date(2026, 0, 5, 12, 0, 0).getTime();
  const minute = 60_000;
  expect(expected({ at: now + 15 * minute, low: now + 12 * minute, high: now + 18 * minute }, now)).toBe(
    '12:15, in 12 to 18 min');
  const hour = 60 * minute;
  expect(expected({ at: now + 20 * hour, low: now + 17 * hour, high: now + 31 * hour }, now)).toBe(
    '6 Jan 08:00, in 17 to 31 h');
  expect(expected({ at: now + minute, low: now + minute, high: now + minute }, now)).toBe('12:01:00, in 60 s');
  expect(expected({ at: now - 1, low: now - 5, high: now - 1 }, now)).toBe('any moment');
  expect(clock(new Date(2026, 0, 4, 9, 5).getTime(), now)).toBe('4 Jan 09:05');
  expect(clock(new Date(2025, 11, 24, 9, 5).getTime(), now)).toBe('24 Dec 2025 09:05');
  expect([ago(now - 1000, now), ago(now - 20_000, now), ago(null, now)]).toEqual(['now', '20 s ago', '–']);
});

test('progress is whole only where it is, and processor use is in cores', () => {
  expect([0, 999, 1000].map(percent)).toEqual(['0%', '99%', '100%']);
  expect([0, 1000, 1500, 15_700].map(cores)).toEqual(['0 cores', '1 core', '1.5 cores', '16 cores']);
  expect([60_000, 5_400_000, 3_600_000 * 1234].map(coreHours)).toEqual(
    ['1 min 00 s', '1.5 core hours', '1,234 core hours']);
});
