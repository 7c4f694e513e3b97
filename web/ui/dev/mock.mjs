// A farm that is only played: it speaks the public API, with 5,000 jobs, a job of 100,000 frames that changes
// 2,000 times a second, and 10,000 hosts. For work on the page and for its performance session; nothing of
// the product uses it. `node dev/mock.mjs [PORT]`; dist is served as well, with the content policy of the farm.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { deflateSync } from 'node:zlib';

import { brief, chance, frame, hosts, jobs, now, set, whole } from './played.mjs';

const port = Number(process.argv[2] ?? 7199);
const dist = new URL('../dist', import.meta.url).pathname;
const rate = Number(process.env.CHANGES ?? 2000);
const epoch = now();
let seq = 1;
let loggedIn = true;

const QUEUES = { new: ['queued', 'held'], active: ['active'], outsourced: [], done: ['done', 'failed', 'killed'] };
const inQueue = (job, queue) => QUEUES[queue]?.includes(job.state);

class Refused extends Error {
  constructor(status, title, hint) {
    super(title);
    this.problem = { status, title, hint };
  }
}
const found = (thing, what) => {
  if (!thing) throw new Refused(404, `There is no ${what}.`);
  return thing;
};

function matching(query) {
  const fits = (job) =>
    (!query.ids || query.ids.map(String).includes(job.id)) &&
    (!query.queue || inQueue(job, query.queue)) && (!query.state || query.state.split(',').includes(job.state)) &&
    (!query.user || job.user === query.user) && (!query.text || job.name.includes(query.text.toLowerCase())) &&
    (!query.package || job.steps[0].package === query.package);
  return [...jobs.values()].filter(fits);
}

function sorted(list, sort) {
  const turn = sort?.startsWith('-') ? -1 : 1;
  const field = sort?.replace('-', '');
  const value = (job) => (field === 'id' ? Number(job.id) : field === 'progress' ? brief(job).progress_permille : job[field] ?? 0);
  const order = (a, b) => {
    if (field) return turn * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
    if (a.ended_at || b.ended_at) return (b.ended_at ?? 0) - (a.ended_at ?? 0);
    return a.priority - b.priority || Number(a.id) - Number(b.id);
  };
  return list.sort(order);
}

function page(list, query, show) {
  const first = Number(query.after ?? 0);
  const limit = Number(query.limit ?? 100);
  const next = first + limit < list.length ? String(first + limit) : null;
  return { items: list.slice(first, first + limit).map(show), total: list.length, next };
}

function* numbersOf(text) {
  for (const part of text.split(',')) {
    const [low, high = low] = part.split('-').map(Number);
    for (let n = low; n <= high; n += 1) yield n;
  }
}

function frames(job, query) {
  const wanted = query.numbers ? new Set(numbersOf(query.numbers)) : null;
  const list = [];
  const codes = ['waiting', 'running', 'done', 'failed', 'killed'];
  job.steps.forEach((step, at) => {
    if (query.step && step.name !== query.step) return;
    for (let i = 0; i < step.total; i += 1) {
      if (wanted && !wanted.has(i + 1)) continue;
      if (query.state && !query.state.split(',').includes(codes[step.cells[i] & 7])) continue;
      if (query.warned && !((step.cells[i] >> 3) & 1)) continue;
      list.push([at, i]);
    }
  });
  return page(list, query, ([at, i]) => frame(job, at, i));
}

const farm = () => ({
  farm: 'played', version: '0.6.0', storage: '/srv/farm/results', roles: ['schedule', 'resource'],
  jobs: Object.fromEntries(['queued', 'active', 'held', 'done', 'failed', 'killed'].map((state) => [state, [...jobs.values()].filter((job) => job.state === state).length])),
  queues: Object.fromEntries(Object.keys(QUEUES).map((queue) => [queue, [...jobs.values()].filter((job) => inQueue(job, queue)).length])),
  frames_running: 4000, slots_total: 40_000, slots_busy: 23_417, hosts_total: hosts.length,
});

const changed = new Set();
function order(job, verb, priority) {
  const final = inQueue(job, 'done');
  if (verb === 'priority') job.priority = priority;
  else if (final && (verb !== 'retry' || job.state === 'killed')) throw new Refused(409, `Job ${job.id} has ended.`);
  else if (verb === 'kill') {
    for (const step of job.steps) step.cells.forEach((cell, i) => (cell & 7) < 2 && set(step, i, 4));
    Object.assign(job, { state: 'killed', ended_at: now() });
  } else if (verb === 'hold') job.state = 'held';
  else if (verb === 'release') job.state = job.started_at ? 'active' : 'queued';
  else if (verb === 'retry') {
    for (const step of job.steps) step.cells.forEach((cell, i) => (cell & 7) >= 3 && set(step, i, 0));
    Object.assign(job, { state: 'active', ended_at: null });
  }
  changed.add(job.id);
}

function orders({ verb, priority, select, dry_run, expect }) {
  const list = matching(select);
  if (expect !== undefined && expect !== list.length) throw new Refused(409, `${list.length} jobs match now, not ${expect}.`);
  const done = [];
  const refused = [];
  for (const job of dry_run ? [] : list) {
    try {
      order(job, verb, priority);
      done.push(Number(job.id));
    } catch (error) {
      refused.push({ id: Number(job.id), problem: error.problem });
    }
  }
  return { matched: list.length, done, refused };
}

function frameOrders(job, { verb, numbers, states, step }) {
  let n = 0;
  const wanted = numbers ? new Set(numbersOf(numbers)) : null;
  job.steps.forEach((one, at) => {
    if (step && one.name !== step) return;
    one.cells.forEach((cell, i) => {
      if (wanted && !wanted.has(i + 1)) return;
      if (states && !states.includes(['waiting', 'running', 'done', 'failed', 'killed'][cell & 7])) return;
      set(one, i, verb === 'kill' ? 3 : 0);
      grid.push([at, i, one.cells[i]]);
      n += 1;
    });
  });
  return { matched: n, frames: n };
}

const line = (i) => `[${String(i).padStart(9, '0')}] Fra:${i % 4000} Mem:512.${i % 99}M | Sample ${i % 256}/256 | <b>not bold</b> tile ${i % 64}`.padEnd(79) + '\n';
const LINE = 80;
const LOG = 2e9;
// A log of 2 GB, of which a part is made when it is asked for.
function log(query, response) {
  const tail = query.tail === undefined ? null : Number(query.tail);
  const from = tail === null ? Number(query.offset ?? 0) : Math.max(0, LOG - tail);
  const length = Math.min(Number(query.length ?? tail ?? 65536), 1 << 20, Math.max(0, LOG - from));
  let text = '';
  for (let i = Math.floor(from / LINE); text.length < length + LINE; i += 1) text += line(i);
  const skip = from % LINE;
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-log-length': LOG, 'x-log-offset': from });
  response.end(text.slice(skip, skip + length));
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let k = 0; k < 8; k += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}
function png(width, height, n, gain) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [u, v] = [x / width, y / height];
      const sun = Math.exp(-40 * ((u - 0.1 - (n % 24) / 30) ** 2 + (v - 0.3) ** 2));
      const ground = v > 0.62 + 0.08 * Math.sin(9 * u + n / 8) ? 0.35 : 1;
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const light = [0.35 + 0.4 * v + sun, 0.45 + 0.2 * v + 0.8 * sun, 0.75 - 0.25 * v + 0.4 * sun];
      light.forEach((value, c) => (rows[at + c] = Math.min(255, 255 * ground * value * gain)));
    }
  }
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const out = Buffer.alloc(8);
    out.writeUInt32BE(data.length);
    out.writeUInt32BE(crc(body), 4);
    return Buffer.concat([out.subarray(0, 4), body, out.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}
function picture(response, n, width, gain = 1) {
  response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'max-age=3600' });
  response.end(png(width, Math.round((width * 9) / 16), n, gain));
}

function sample(at) {
  return { cpu_permille: 3200 + Math.floor(800 * Math.sin(at / 7000) + 300 * chance()), memory_bytes: 4e9 + 1e9 * Math.sin(at / 30_000),
    read_bytes: Math.floor(at % 1e6) * 900, written_bytes: Math.floor(at % 1e6) * 300 };
}
const stats = (job, number) => ({ at: now(), host: 'ws-0001', slot: 0, job: Number(job), frame: number, attempt: 1, memory_peak_bytes: 5.4e9, ...sample(now()),
  processes: [{ pid: 4242, parent: 1, name: 'blender', cpu_permille: 3900, memory_bytes: 4.2e9, read_bytes: 1e9, written_bytes: 2e8, state: 'running' }] });

const why = (job) => job.steps.filter((step) => step.counts[0] > 0).map((step) => ({
  step: step.name, frames_waiting: step.counts[0], sentence: whole(job).steps.find((one) => one.name === step.name).waiting_because,
  reason: Number(job.id) % 5 === 0 ? { kind: 'no_host_matches', hosts_total: 10_000, rejections: [{ field: 'packages', lacking: 'no povray 3.8', hosts: 9120 },
    { field: 'memory', lacking: 'memory below 64 GiB', hosts: 880 }, { field: 'tags', lacking: 'no tag gpu', hosts: 8000 }],
    nearest: [{ host: 'ws-0012', lacks: ['no povray 3.8'], alike: 120 }] } : { kind: 'slots_busy', slots: 40_000 },
}));

const routes = [
  ['GET', '/whoami', () => (loggedIn ? { name: 'anna', role: 'admin', owner: false } : (() => { throw new Refused(401, 'Who are you?'); })())],
  ['POST', '/login', ({ body }) => { if (body.password === 'wrong') throw new Refused(401, 'That is not the password.', 'After three tries one has to wait.'); loggedIn = true; return { user: 'anna', role: 'admin' }; }],
  ['POST', '/logout', () => { loggedIn = false; return {}; }],
  ['GET', '/farm', farm],
  ['GET', '/servers', () => [{ server: 'schedule', state: 'running', url: '', starts: 1, version: '0.6.0' }, { server: 'resource', state: 'running', starts: 2, version: '0.6.0' }]],
  ['POST', '/servers/:name/order', () => ({})],
  ['GET', '/jobs', ({ query }) => page(sorted(matching(query), query.sort), query, brief)],
  ['POST', '/jobs/orders', ({ body }) => orders(body)],
  ['GET', '/jobs/:job', ({ job }) => whole(job)],
  ['GET', '/jobs/:job/description', ({ job }) => ({ name: job.name, user: job.user, steps: whole(job).steps })],
  ['GET', '/jobs/:job/why', ({ job }) => why(job)],
  ['GET', '/jobs/:job/grid', ({ job }) => ({ epoch, seq, steps: job.steps.map((step) => ({ name: step.name, numbers: `1-${step.total}`, chunk_size: 1, total: step.total, cells: Buffer.from(step.cells).toString('base64') })) })],
  ['GET', '/jobs/:job/frames', ({ job, query }) => frames(job, query)],
  ['POST', '/jobs/:job/frames/orders', ({ job, body }) => frameOrders(job, body)],
  ['GET', '/jobs/:job/frames/:number', ({ job, params, query }) => {
    const at = query.step ? job.steps.findIndex((step) => step.name === query.step) : 0;
    return frame(job, at, found(job.steps[at]?.cells[params.number - 1] !== undefined && Number(params.number), 'such frame') - 1);
  }],
  ['GET', '/jobs/:job/frames/:number/usage', () => ({ samples: Array.from({ length: 120 }, (_, i) => ({ at_ms: i * 700, ...sample(i * 700) })) })],
  ['GET', '/jobs/:job/frames/:number/log', ({ query, response }) => log(query, response)],
  ['GET', '/jobs/:job/results/:name/picture', ({ params, query, response }) => picture(response, Number(/(\d+)\./.exec(params.name)?.[1] ?? 0), Math.min(1280, Number(query.width ?? 960)), 2 ** Number(query.exposure ?? 0))],
  ['GET', '/thumbnails/:digest', ({ params, response }) => picture(response, parseInt(params.digest.slice(-8), 16), 192)],
  ['POST', '/jobs/:job/priority', ({ job, body }) => order(job, 'priority', body.priority)],
  ...['kill', 'hold', 'release', 'retry'].map((verb) => ['POST', `/jobs/:job/${verb}`, ({ job }) => order(job, verb)]),
  ['GET', '/hosts', ({ query }) => page(hosts.filter((host) => (!query.text || host.name.includes(query.text)) && (!query.state || query.state.split(',').includes(host.state))), query, (host) => host)],
  ['GET', '/hosts/:host', ({ params }) => found(hosts.find((host) => host.name === params.host), 'such host')],
];

function fit(pattern, path) {
  const [a, b] = [pattern.split('/'), path.split('/')];
  if (a.length !== b.length) return null;
  const params = {};
  return a.every((part, i) => (part.startsWith(':') ? (params[part.slice(1)] = decodeURIComponent(b[i])) : part === b[i])) ? params : null;
}

async function api(request, response, url) {
  const path = url.pathname.slice('/api/v1'.length);
  const query = Object.fromEntries(url.searchParams);
  if (path === '/events') return events(request, response, query);
  let text = '';
  for await (const chunk of request) text += chunk;
  for (const [method, pattern, answer] of routes) {
    const params = method === request.method && fit(pattern, path);
    if (!params) continue;
    const job = params.job && found(jobs.get(params.job), `job ${params.job}`);
    const told = answer({ params, query, job, body: text ? JSON.parse(text) : {}, response });
    if (response.headersSent) return undefined;
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(told ?? {}));
  }
  throw new Refused(404, `There is no ${request.method} ${path} in the played farm.`);
}

const watchers = new Set();
function events(request, response, query) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const watcher = { response, topics: query.topics.split(',') };
  watchers.add(watcher);
  request.on('close', () => watchers.delete(watcher));
  say(watcher, 'hello', { epoch, seq, at: now(), topics: watcher.topics, resumed: false });
  say(watcher, 'farm', farm());
}
const say = ({ response }, event, data) => response.write(`id: ${epoch}.${seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

// Frames of the large job go on, at `rate` changes a second, told ten times a second.
let grid = [];
let since = now();
const big = jobs.get('1');
const lively = [...big.steps[1].cells.keys()].filter((i) => (big.steps[1].cells[i] & 7) === 1);
let front = 34_040;
function play() {
  const step = big.steps[1];
  const due = Math.floor(((now() - since) * rate) / 1000);
  since = now();
  for (let n = 0; n < due; n += 1) {
    const at = Math.floor(chance() * lively.length);
    const i = lively[at];
    const progress = step.cells[i] >> 4;
    if (progress < 14) set(step, i, 1, progress + 1 + Math.floor(chance() * 2));
    else {
      set(step, i, chance() < 0.004 ? 3 : 2, 0, chance() < 0.005);
      // The next one; after the last the first frames are taken as new.
      front = (front + 1) % step.total;
      set(step, front, 1, 0);
      lively[at] = front;
      grid.push([1, front, step.cells[front]]);
    }
    grid.push([1, i, step.cells[i]]);
  }
  seq += 1;
  const active = [...jobs.values()].filter((job) => job.state === 'active');
  for (let n = 0; n < 20; n += 1) changed.add(active[Math.floor(chance() * active.length)].id);
  const items = [...changed, ...(due ? ['1'] : [])].map((id) => brief(jobs.get(id)));
  const moved = Array.from({ length: 30 }, () => hosts[Math.floor(chance() * hosts.length)]);
  for (const host of moved) if (host.state === 'busy') host.slots_busy = 1 + Math.floor(chance() * 4);
  for (const watcher of watchers) {
    for (const topic of watcher.topics) {
      const [kind, rest] = topic.split(':');
      if (kind === 'jobs') say(watcher, 'jobs', { items, gone: [] });
      else if (kind === 'job' && (rest === '1' || changed.has(rest))) say(watcher, 'job', whole(jobs.get(rest)));
      else if (kind === 'grid' && rest === '1') say(watcher, 'grid', { job: '1', changes: grid });
      else if (kind === 'hosts') say(watcher, 'hosts', { items: [], rows: moved.map(({ name, state, slots_total, slots_busy, heard_at }) => ({ name, state, slots_total, slots_busy, heard_at })), gone: [] });
      else if (kind === 'frame' && seq % 10 === 0) say(watcher, 'frame', stats(rest.split('/')[0], Number(rest.split('/')[2])));
      else if (kind === 'slot' && seq % 10 === 0) say(watcher, 'slot', stats(1, 31_050));
      else if (kind === 'farm' && seq % 10 === 0) say(watcher, 'farm', farm());
    }
  }
  grid = [];
  changed.clear();
}
setInterval(play, 100);

const KINDS = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
function file(response, path) {
  let at = join(dist, normalize(path));
  try {
    if (!statSync(at).isFile()) throw new Error();
  } catch {
    at = join(dist, 'index.html');
  }
  response.writeHead(200, { 'content-type': KINDS[extname(at)] ?? 'application/octet-stream', 'content-security-policy': POLICY });
  response.end(readFileSync(at));
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://farm');
  if (!url.pathname.startsWith('/api/')) return file(response, url.pathname);
  return api(request, response, url).catch((error) => {
    const problem = error.problem ?? { status: 500, title: String(error.stack) };
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify(problem));
  });
}).listen(port, '127.0.0.1', () => console.log(`a played farm at http://127.0.0.1:${port}, ${rate} changes a second`));
