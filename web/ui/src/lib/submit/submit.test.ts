import { expect, test } from 'vitest';

import { describe, descriptionIn, sceneIn } from './describe.ts';
import { placed } from './files.ts';

const file = (path: string) => ({ path, file: new File([], path) });

test('a folder that was dropped is the folder of the job', () => {
  const files = placed(['shot/a.blend', 'shot/tex/wood.png', 'shot/.DS_Store', 'shot/a.blend1'].map(file));
  expect(files.map(({ path }) => path)).toEqual(['a.blend', 'tex/wood.png']);
  expect(placed(['a.pov', 'tex/b.png'].map(file)).map(({ path }) => path)).toEqual(['a.pov', 'tex/b.png']);
  expect(placed([file('a.pov'), file('a.pov')]).length).toBe(1);
});

test('a description has a field a line, numbers as numbers, and nothing that was not said', () => {
  const text = describe({ name: ' take 3 ', frames: '1-5', priority: '20', hold: 'true', size: '' }, { samples: '12', denoise: 'false', look: '' }, { samples: 'integer', denoise: 'flag' });
  expect(JSON.parse(text)).toEqual({ name: 'take 3', frames: '1-5', priority: 20, hold: true, settings: { samples: 12, denoise: false } });
  expect(text.split('\n').filter((line) => line.includes(':')).length).toBe(7);
});

test('what is no number stays what was typed, for the farm to say so', () => {
  expect(JSON.parse(describe({ priority: 'high' }, { samples: 'many' }, { samples: 'integer' }))).toEqual({ priority: 'high', settings: { samples: 'many' } });
});

test('a description is found beside its files, and a lone file of JSON is one', () => {
  expect(descriptionIn(['a.pov', 'job.toml'])).toBe('job.toml');
  expect(descriptionIn(['take3.json'])).toBe('take3.json');
  expect(descriptionIn(['a.blend', 'points.json'])).toBeNull();
});

test('the scene is the highest file that a package reads', () => {
  const packages = [
    { name: 'povray', title: '', extensions: ['.pov'], hosts: 2 }, { name: 'bpy', title: '', extensions: ['blend'], hosts: 0 },
    { name: 'blender', title: '', extensions: ['.blend'], hosts: 3 },
  ];
  expect(sceneIn(['lib/a.blend', 'main.blend', 'x.png'], packages)).toEqual({ scene: 'main.blend', package: 'blender' });
  expect(sceneIn(['x.png'], packages)).toBeNull();
});
