import { expect, test } from 'vitest';

import { address, match } from './match.ts';

const routes = [
  ['/', 'home'],
  ['/jobs/:job', 'job'],
  ['/jobs/:job/frames/:number', 'frame'],
] as const;

test('places of a path are read, decoded', () => {
  expect(match(routes, '/')).toEqual({ page: 'home', params: {} });
  expect(match(routes, '/jobs/17/frames/-5')).toEqual({ page: 'frame', params: { job: '17', number: '-5' } });
  expect(match(routes, '/jobs/a%2Fb/')).toEqual({ page: 'job', params: { job: 'a/b' } });
});

test('what fits nothing or is garbled is no page', () => {
  expect(match(routes, '/jobs')).toBeNull();
  expect(match(routes, '/jobs/%E0%A4%A')).toBeNull();
});

test('an address leaves out what is empty', () => {
  expect(address('/jobs', { text: 'a b&c', state: '', page: null, n: 0 })).toBe('/jobs?text=a+b%26c&n=0');
  expect(address('/jobs')).toBe('/jobs');
});
