// Points of a curve, made fit to be drawn.

export interface Point {
  x: number;
  y: number;
}

/** A round number not below `most`, for the top of a scale; by twos where `binary`. */
export function topOf(most: number, binary = false): number {
  if (!(most > 0)) return 1;
  const base = binary ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 10 ** Math.floor(Math.log10(most));
  const steps = binary ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 1.5, 2, 3, 4, 5, 8, 10];
  return base * (steps.find((step) => step * base >= most) ?? steps.at(-1) ?? 1);
}

/** A path through points in a box; y grows upwards. */
export function line(points: readonly Point[], wide: number, high: number, from: number, to: number, top: number): string {
  const span = Math.max(1e-9, to - from);
  return points
    .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${(((x - from) / span) * wide).toFixed(1)} ${(high - (Math.min(y, top) / top) * high).toFixed(1)}`)
    .join('');
}

/** How fast a count that only grows did so, a second, between each two points. */
export function rate(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    const seconds = (b.x - a.x) / 1000;
    if (seconds > 0) out.push({ x: b.x, y: Math.max(0, b.y - a.y) / seconds });
  }
  return out;
}

/** The point nearest to a place. */
export function nearest(points: readonly Point[], x: number): Point | null {
  let best: Point | null = null;
  for (const point of points) if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
  return best;
}
