// The state of every frame of a step, a byte each, as `GET /jobs/{job}/grid` tells it: bits 0-2 the state,
// bit 3 warned, bits 4-7 progress in sixteenths. A cell is a chunk where frames go in chunks.
import type { FrameState, GridStep } from '../api/types.ts';
import { FrameList, listOf } from './numbers.ts';

export const STATES: readonly FrameState[] = ['waiting', 'running', 'done', 'failed', 'killed'];

export const stateOf = (cell: number): FrameState => STATES[cell & 7] ?? 'waiting';
export const isWarned = (cell: number): boolean => (cell & 8) !== 0;
/** Sixteenths. */
export const progressOf = (cell: number): number => cell >> 4;

export type Tally = Record<FrameState, number> & { warned: number };

export class Cells {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly list: FrameList;
  readonly chunk: number;
  readonly tally: Tally = { waiting: 0, running: 0, done: 0, failed: 0, killed: 0, warned: 0 };

  constructor(step: GridStep) {
    this.name = step.name;
    this.list = new FrameList(step.numbers);
    this.chunk = Math.max(1, step.chunk_size);
    this.bytes = decoded(step.cells);
    for (const cell of this.bytes) this.count(cell, 1);
  }

  get length(): number {
    return this.bytes.length;
  }

  private count(cell: number, by: number): void {
    this.tally[stateOf(cell)] += by;
    if (isWarned(cell)) this.tally.warned += by;
  }

  /** Takes a change; false where there is no such cell or it was so already. */
  set(index: number, cell: number): boolean {
    const old = this.bytes[index];
    if (old === undefined || old === cell) return false;
    this.count(old, -1);
    this.count(cell, 1);
    this.bytes[index] = cell;
    return true;
  }

  /** The number by which a cell is known: that of its first frame. */
  number(index: number): number {
    return this.list.at(index * this.chunk);
  }

  /** `7`, or `7-12` for a chunk. */
  label(index: number): string {
    const first = this.number(index);
    if (this.chunk === 1) return String(first);
    const last = this.list.at(Math.min((index + 1) * this.chunk, this.list.length) - 1);
    return first === last ? String(first) : `${first}-${last}`;
  }

  /** The cell that a frame is in; -1 where there is none. */
  indexOf(number: number): number {
    const place = this.list.indexOf(number);
    return place < 0 ? -1 : Math.floor(place / this.chunk);
  }

  /** The frames of cells as a list, as orders want it. */
  numbers(indices: Iterable<number>): string {
    const numbers: number[] = [];
    for (const index of indices) {
      const end = Math.min((index + 1) * this.chunk, this.list.length);
      for (let place = index * this.chunk; place < end; place += 1) numbers.push(this.list.at(place));
    }
    return listOf(numbers.sort((a, b) => a - b));
  }
}

function decoded(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Which cells are selected. Cheap for 100,000 of them, and by range. */
export class Selection {
  readonly marks: Uint8Array;
  size = 0;

  constructor(length: number) {
    this.marks = new Uint8Array(length);
  }

  clear(): void {
    this.marks.fill(0);
    this.size = 0;
  }

  has(index: number): boolean {
    return this.marks[index] === 1;
  }

  set(index: number, on: boolean): void {
    if (index < 0 || index >= this.marks.length || this.has(index) === on) return;
    this.marks[index] = on ? 1 : 0;
    this.size += on ? 1 : -1;
  }

  range(from: number, to: number, on = true): void {
    const [low, high] = from < to ? [from, to] : [to, from];
    for (let i = Math.max(0, low); i <= Math.min(high, this.marks.length - 1); i += 1) this.set(i, on);
  }

  where(fits: (index: number) => boolean): void {
    for (let i = 0; i < this.marks.length; i += 1) this.set(i, fits(i));
  }

  *[Symbol.iterator](): Iterator<number> {
    if (this.size === 0) return;
    for (let i = 0; i < this.marks.length; i += 1) if (this.marks[i] === 1) yield i;
  }
}
