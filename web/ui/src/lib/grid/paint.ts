// Paints cells into pixels. Whole lines are copied, so that 100,000 cells take a few milliseconds; nothing
// here knows of a browser.
import { progressOf } from './cells.ts';

export interface Layout {
  columns: number;
  rows: number;
  /** Pixels of a cell, its gap included. */
  pitch: number;
  gap: number;
}

/** Sizes that a cell can have, in CSS pixels. */
export const SIZES = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 26, 34];

export function layout(cells: number, width: number, size: number, scale = 1): Layout {
  const pitch = Math.max(1, Math.round(size * scale));
  const columns = Math.max(1, Math.floor((width * scale) / pitch));
  const rows = Math.ceil(cells / columns);
  return { columns, rows, pitch, gap: size >= 4 ? Math.max(1, Math.round(scale)) : size >= 3 && pitch > 2 ? 1 : 0 };
}

/** The largest size at which all cells are in sight; the smallest that can still be told apart otherwise. */
export function fitting(cells: number, width: number, height: number): number {
  for (let i = SIZES.length - 1; i >= 0; i -= 1) {
    const size = SIZES[i] ?? 4;
    if (layout(cells, width, size).rows * size <= height) return size;
  }
  return 4;
}

export interface Colours {
  ground: number;
  waiting: number;
  running: number;
  /** The part of a running frame that is not done yet. */
  begun: number;
  done: number;
  failed: number;
  killed: number;
  warned: number;
}

/** `rgb(1, 2, 3)` as a pixel, little-endian. */
export function pixel(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const whole = colour.startsWith('color(srgb') ? 255 : 1;
  return ((255 << 24) | (Math.round(b * whole) << 16) | (Math.round(g * whole) << 8) | Math.round(r * whole)) >>> 0;
}

/** Two pixels mixed: `part` of the first, in 0..1. */
export function mixed(one: number, other: number, part: number): number {
  let out = 0;
  for (const shift of [0, 8, 16]) {
    const a = (one >>> shift) & 255;
    const b = (other >>> shift) & 255;
    out |= Math.round(a * part + b * (1 - part)) << shift;
  }
  return ((255 << 24) | out) >>> 0;
}

/** The colours of each of the 256 cells there can be: its left part, its right part and where they meet. */
export interface Palette {
  left: Uint32Array;
  right: Uint32Array;
  /** Sixteenths of the width. */
  split: Uint8Array;
  ground: number;
}

export function palette(colours: Colours, dimmed = 1): Palette {
  const left = new Uint32Array(256);
  const right = new Uint32Array(256);
  const split = new Uint8Array(256).fill(16);
  const of = [colours.waiting, colours.running, colours.done, colours.failed, colours.killed];
  for (let cell = 0; cell < 256; cell += 1) {
    const state = cell & 7;
    let [a, b] = [of[state] ?? colours.waiting, of[state] ?? colours.waiting];
    if (state === 1) {
      split[cell] = progressOf(cell);
      b = colours.begun;
    } else if (cell & 8) {
      split[cell] = 9;
      b = colours.warned;
    }
    left[cell] = mixed(a, colours.ground, dimmed);
    right[cell] = mixed(b, colours.ground, dimmed);
  }
  return { left, right, split, ground: colours.ground };
}

export interface View {
  pixels: Uint32Array;
  width: number;
  height: number;
  /** Pixels above the upper edge. */
  top: number;
}

/** Paints what is in sight. Cells that are not marked are in `dim`, where anything is marked. */
export function paint(
  bytes: Uint8Array, shape: Layout, view: View, bright: Palette, dim: Palette, marks: Uint8Array | null,
): void {
  const { pixels, width, height, top } = view;
  const { columns, rows, pitch, gap } = shape;
  const inner = pitch - gap;
  pixels.fill(bright.ground);
  const first = Math.max(0, Math.floor(top / pitch));
  const last = Math.min(rows - 1, Math.floor((top + height - 1) / pitch));
  for (let row = first; row <= last; row += 1) {
    const from = row * pitch - top;
    const begin = Math.max(0, from);
    const end = Math.min(height, from + inner);
    if (end <= begin) continue;
    const line = begin * width;
    const stop = Math.min(columns, bytes.length - row * columns);
    for (let column = 0; column < stop; column += 1) {
      const at = row * columns + column;
      const cell = bytes[at] as number;
      const colours = marks !== null && marks[at] === 0 ? dim : bright;
      const x = line + column * pitch;
      const split = colours.split[cell] as number;
      const left = colours.left[cell] as number;
      if (split >= 16) pixels.fill(left, x, x + inner);
      else {
        const middle = x + Math.round((inner * split) / 16);
        pixels.fill(left, x, middle);
        pixels.fill(colours.right[cell] as number, middle, x + inner);
      }
    }
    for (let y = begin + 1; y < end; y += 1) pixels.copyWithin(y * width, line, line + width);
  }
}

/** The cell at a place in CSS pixels from the upper left of all of them; -1 where there is none. */
export function hit(x: number, y: number, shape: Layout, scale: number, cells: number): number {
  const column = Math.floor((x * scale) / shape.pitch);
  const row = Math.floor((y * scale) / shape.pitch);
  const at = row * shape.columns + column;
  return column < 0 || row < 0 || column >= shape.columns || at >= cells ? -1 : at;
}
