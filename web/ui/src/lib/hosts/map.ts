// Where each host stands in the map: the rules, without a canvas.
export interface Map {
  columns: number;
  rows: number;
  /** Width and height of a cell with its gap. */
  cell: number;
}

const LEAST = 4;
const MOST = 48;

/** Cells as large as there is room for; where there is none even for the smallest, the map is taller. */
export function layout(count: number, width: number, height: number): Map {
  let cell = MOST;
  const fits = (size: number) => Math.floor(width / size) * Math.floor(height / size) >= count;
  while (cell > LEAST && !fits(cell)) cell -= 1;
  const columns = Math.max(1, Math.floor(width / cell));
  return { columns, rows: Math.max(1, Math.ceil(count / columns)), cell };
}

/** The host at a point; -1 where none is. */
export function cellAt(map: Map, count: number, x: number, y: number): number {
  const [column, row] = [Math.floor(x / map.cell), Math.floor(y / map.cell)];
  if (column < 0 || row < 0 || column >= map.columns) return -1;
  const at = row * map.columns + column;
  return at < count ? at : -1;
}

/** Where a key leads from `at`; nothing for keys that lead nowhere. */
export function moved(map: Map, count: number, at: number, key: string): number | undefined {
  const to = {
    ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + map.columns, ArrowUp: at - map.columns, Home: 0, End: count - 1,
  }[key];
  if (to === undefined) return undefined;
  return to < 0 || to >= count ? at : to;
}
