// Every address of the page. Adding a page: a line here and one in pages.ts.
import type { Routes } from './lib/router/match.ts';

export const routes: Routes = [
  ['/', 'jobs'],
  ['/login', 'login'],
  ['/jobs', 'jobs'],
  ['/jobs/:job', 'job'],
  ['/jobs/:job/frames/:number', 'frame'],
  ['/hosts', 'hosts'],
  ['/hosts/:host', 'host'],
  ['/hosts/:host/slots/:slot', 'slot'],
  ['/submit', 'submit'],
  ['/farm', 'farm'],
  ['/people', 'people'],
];
