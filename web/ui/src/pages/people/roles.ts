// The roles of people, weakest first, and what each is for.
import type { Rank } from '../../lib/api/types.ts';

export const ROLES: [Rank, string][] = [
  ['viewer', 'sees everything, changes nothing'],
  ['artist', 'submits, and steers own jobs'],
  ['operator', 'steers all jobs and hosts, sets limits'],
  ['admin', 'lets people and servers in'],
];
