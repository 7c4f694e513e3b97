// Frame lists, `1-10`, `1-100x5`, `1,3,7-9`, `10-1x-1`, `-5--1`: which number stands at which place, without
// writing all of them out.

interface Range {
  first: number;
  step: number;
  count: number;
}

const RANGE = /^(-?\d+)(?:-(-?\d+)(?:x(-?\d+))?)?$/;

export class FrameList {
  readonly length: number;
  private readonly ranges: Range[];

  constructor(text: string) {
    this.ranges = text.split(',').flatMap((part) => {
      const told = RANGE.exec(part.trim());
      if (!told) return [];
      const first = Number(told[1]);
      const last = told[2] === undefined ? first : Number(told[2]);
      const step = Number(told[3] ?? 1) || 1;
      const count = Math.floor((last - first) / step) + 1;
      return count > 0 ? [{ first, step, count }] : [];
    });
    this.length = this.ranges.reduce((sum, range) => sum + range.count, 0);
  }

  /** The number at a place; the last one there is where the place is beyond it. */
  at(place: number): number {
    let rest = place;
    for (const { first, step, count } of this.ranges) {
      if (rest < count) return first + rest * step;
      rest -= count;
    }
    const last = this.ranges.at(-1);
    return last ? last.first + (last.count - 1) * last.step : place;
  }

  /** The place of a number; -1 where it is not in the list. */
  indexOf(number: number): number {
    let before = 0;
    for (const { first, step, count } of this.ranges) {
      const place = (number - first) / step;
      if (Number.isInteger(place) && place >= 0 && place < count) return before + place;
      before += count;
    }
    return -1;
  }
}

/** Numbers as a list: `1-3,7,9-11`. They have to rise. */
export function listOf(numbers: Iterable<number>): string {
  const parts: string[] = [];
  let first: number | null = null;
  let last = 0;
  const close = () => {
    if (first !== null) parts.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const number of numbers) {
    if (first !== null && number === last + 1) {
      last = number;
      continue;
    }
    close();
    first = last = number;
  }
  close();
  return parts.join(',');
}
