// Where the steps of a job stand in the picture of what waits for what.
import type { Step } from '../../lib/api/types.ts';

export interface Node {
  step: Step;
  x: number;
  y: number;
}

export interface Edge {
  from: Node;
  to: Node;
  /** Frame by frame, not the whole step. */
  frames: boolean;
  files: boolean;
}

export const WIDE = 190;
export const HIGH = 74;
const ACROSS = 96;
const DOWN = 22;

/** Steps in columns: each stands right of all that it waits for. */
export function drawn(steps: readonly Step[]): { nodes: Node[]; edges: Edge[]; width: number; height: number } {
  const named = new Map(steps.map((step) => [step.name, step]));
  const columns = new Map<string, number>();
  const column = (step: Step, above: readonly string[]): number => {
    const known = columns.get(step.name);
    if (known !== undefined) return known;
    const before = (step.depends_on ?? []).flatMap(({ step: name }) => {
      const one = named.get(name);
      // The farm takes no job that goes in circles; a picture of one has to end all the same.
      return one && !above.includes(name) ? [column(one, [...above, step.name])] : [];
    });
    const own = before.length > 0 ? Math.max(...before) + 1 : 0;
    columns.set(step.name, own);
    return own;
  };
  const rows: number[] = [];
  const nodes = steps.map((step) => {
    const x = column(step, [step.name]);
    const y = rows[x] ?? 0;
    rows[x] = y + 1;
    return { step, x: x * (WIDE + ACROSS), y };
  });
  const most = Math.max(1, ...rows.map((row) => row ?? 0));
  for (const node of nodes) {
    const own = rows[node.x / (WIDE + ACROSS)] ?? 1;
    node.y = (node.y + (most - own) / 2) * (HIGH + DOWN);
  }
  const at = new Map(nodes.map((node) => [node.step.name, node]));
  const edges = nodes.flatMap((to) =>
    (to.step.depends_on ?? []).flatMap((one) => {
      const from = at.get(one.step);
      return from ? [{ from, to, frames: one.by === 'frame', files: one.files === true }] : [];
    }),
  );
  const width = Math.max(WIDE, ...nodes.map((node) => node.x + WIDE));
  return { nodes, edges, width, height: most * (HIGH + DOWN) - DOWN };
}
