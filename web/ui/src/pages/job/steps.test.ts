import { expect, test } from 'vitest';

import type { Step } from '../../lib/api/types.ts';
import { drawn, HIGH, WIDE } from './steps.ts';

const step = (name: string, ...before: string[]): Step => ({
  name, package: 'command', frames: '1-2', frames_total: 2, frames_done: 0, frames_failed: 0, frames_running: 0,
  frames_waiting: 2, frames_warned: 0, depends_on: before.map((one) => ({ step: one })),
});

test('a step stands right of all that it waits for', () => {
  const { nodes, edges, width } = drawn([step('comp', 'a', 'b'), step('a'), step('b', 'a')]);
  const x = Object.fromEntries(nodes.map((node) => [node.step.name, node.x]));
  expect(x['a']).toBe(0);
  expect(x['b']).toBeGreaterThan(WIDE);
  expect(x['comp']).toBeGreaterThan((x['b'] ?? 0) + WIDE);
  expect(width).toBe((x['comp'] ?? 0) + WIDE);
  expect(edges.map((edge) => `${edge.from.step.name}>${edge.to.step.name}`).sort()).toEqual(['a>b', 'a>comp', 'b>comp']);
});

test('steps side by side do not cover each other, and a circle ends', () => {
  const { nodes } = drawn([step('a'), step('b'), step('c', 'a')]);
  expect(Math.abs((nodes[0]?.y ?? 0) - (nodes[1]?.y ?? 0))).toBeGreaterThan(HIGH);
  expect(drawn([step('a', 'b'), step('b', 'a')]).nodes).toHaveLength(2);
});
