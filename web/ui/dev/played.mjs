// What the played farm knows: jobs, frames and hosts made from numbers, always the same ones at the start.
const NAMES = ['forest', 'harbour', 'robot', 'kitchen', 'canyon', 'atrium', 'dragon', 'lobby', 'street', 'ocean'];
const WORK = ['beauty', 'lighting', 'fx', 'layout', 'turntable', 'comp', 'previs', 'matte'];
const USERS = ['anna', 'ben', 'carla', 'deniz', 'elif', 'farid', 'owner'];
const PACKAGES = ['blender', 'povray', 'mitsuba', 'luxcore', 'command'];
const SECOND = 1000;
const STATES = ['waiting', 'running', 'done', 'failed', 'killed'];

let seed = 42;
export function chance() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
const pick = (list) => list[Math.floor(chance() * list.length)];
const digest = (n) => n.toString(16).padStart(64, '0');

export const now = () => Date.now();
const start = now();

/** A step: its frames are a byte each, as the grid tells them. */
function step(name, total, package_, depends_on = []) {
  return { name, package: package_, total, cells: new Uint8Array(total), depends_on, counts: [total, 0, 0, 0, 0], warned: 0 };
}

export function set(one, index, state, progress = 0, warned = false) {
  const old = one.cells[index];
  one.counts[old & 7] -= 1;
  one.counts[state] += 1;
  one.warned += (warned ? 1 : 0) - ((old >> 3) & 1);
  one.cells[index] = state | (warned ? 8 : 0) | (Math.min(15, progress) << 4);
}

function fill(one, done, running, failed, killed = 0) {
  for (let i = 0; i < one.total; i += 1) {
    if (i < done) set(one, i, 2, 0, i % 211 === 7);
    else if (i < done + failed) set(one, i, 3);
    else if (i < done + failed + running) set(one, i, 1, Math.floor(chance() * 16));
    else if (killed) set(one, i, 4);
  }
}

function job(id) {
  const big = id === 1;
  const large = id % 10 === 0 ? 400 : 20 + Math.floor(chance() * 180);
  const steps = big
    ? [step('simulate', 200, 'command'), step('render', 100_000, 'blender', [{ step: 'simulate', by: 'frame', files: true }]),
       step('movie', 1, 'ffmpeg', [{ step: 'render' }])]
    : id % 7 === 0 ? [step('render', large, pick(PACKAGES)), step('movie', 1, 'ffmpeg', [{ step: 'render' }])]
    : [step('render', large, pick(PACKAGES))];
  const state = big ? 'active' : id <= 320 ? 'active' : id <= 900 ? 'queued' : id <= 940 ? 'held' : id % 17 === 0 ? 'failed' : id % 29 === 0 ? 'killed' : 'done';
  const main = steps[steps.length > 2 ? 1 : 0];
  if (big) {
    fill(steps[0], 200, 0, 0);
    fill(main, 31_000, 3000, 40);
  } else if (state === 'active') fill(main, Math.floor(chance() * main.total * 0.9), Math.min(8, main.total), id % 9 === 0 ? 2 : 0);
  else if (state === 'done') steps.forEach((one) => fill(one, one.total, 0, 0));
  else if (state === 'failed') fill(main, Math.floor(main.total * 0.9), 0, main.total - Math.floor(main.total * 0.9));
  else if (state === 'killed') fill(main, Math.floor(main.total * 0.4), 0, 0, 1);
  const submitted_at = start - (5001 - id) * 61 * SECOND - 40 * SECOND;
  const ended = ['done', 'failed', 'killed'].includes(state);
  return {
    id: String(id), state, steps,
    name: big ? 'canyon_sq040_fx_final' : `${pick(NAMES)}_s${String(10 * Math.floor(1 + chance() * 40)).padStart(3, '0')}_${pick(WORK)}`,
    priority: big ? 3 : Math.floor(1 + chance() * 9), user: pick(USERS), group: pick(['film', 'advert', null]),
    attempts_failed: state === 'failed' ? 12 : id % 9 === 0 ? 3 : 0,
    submitted_at, started_at: state === 'queued' ? null : submitted_at + 20 * SECOND,
    ended_at: ended ? submitted_at + (5 + Math.floor(chance() * 50)) * 60 * SECOND : null,
    cpu_ms: Math.floor(chance() * 4e8) * (state === 'queued' ? 0 : 1),
    cover: state === 'queued' || state === 'held' ? null : digest(id % 24),
  };
}

export const jobs = new Map(Array.from({ length: 5000 }, (_, i) => [String(i + 1), job(i + 1)]));

function sums(one) {
  const all = [0, 0, 0, 0, 0];
  let warned = 0;
  for (const step of one.steps) {
    step.counts.forEach((n, i) => (all[i] += n));
    warned += step.warned;
  }
  const total = all.reduce((a, b) => a + b);
  return { total, all, warned };
}

const counted = (total, all, warned) => ({
  frames_total: total, frames_done: all[2], frames_failed: all[3], frames_running: all[1],
  frames_waiting: all[0], frames_warned: warned,
});

export function brief(one) {
  const { total, all, warned } = sums(one);
  const main = one.steps[one.steps.length > 2 ? 1 : 0];
  const { steps, ...rest } = one;
  const left = all[0] + all[1];
  const eta = one.state === 'active' ? { at: now() + left * 900, low: now() + left * 700, high: now() + left * 1300 } : null;
  return {
    ...rest, ...counted(total, all, warned), package: steps[0].package, frames: `1-${main.total}`, size: '1920x1080',
    progress_permille: Math.floor((1000 * (all[2] + all[1] * 0.5)) / total), eta, wall_ms: Math.floor(one.cpu_ms / 3),
    waiting_because: one.state === 'held' ? 'on hold until it is released' : one.state === 'queued' ? (Number(one.id) % 5 === 0
      ? 'no host matches: no povray 3.8 (9,120 of 10,000 hosts), memory below 64 GiB (880 of 10,000 hosts)'
      : 'all 40000 matching slots are busy') : null,
    results: `/srv/farm/results/${one.id}-${one.name}`, tag: `${one.priority}${one.state}`, running: [], notices: [],
  };
}

export function whole(one) {
  return {
    ...brief(one), hosts: one.state === 'queued' ? 0 : 412,
    steps: one.steps.map((step) => ({
      name: step.name, package: step.package, frames: `1-${step.total}`, profile: step.name === 'render' ? 'blender >= 3.6, memory >= 16 GiB' : '',
      reserve: step.name === 'render' ? '12 GiB' : '', depends_on: step.depends_on, ...counted(step.total, step.counts, step.warned),
      waiting_because: step.counts[0] > 0 ? (step.name === 'movie' ? `step render goes first and has ${step.total} frames left` : 'all 40000 matching slots are busy') : null,
    })),
    notices: one.id === '1' ? [{ to: 'anna@studio.example', state: 'given_up', tries: 5, problem: 'mail.studio.example: connection refused' },
      { to: 'ben@studio.example', state: 'sent', tries: 1, problem: null }] : [],
  };
}

export function frame(one, at, index) {
  const step = one.steps[at];
  const cell = step.cells[index];
  const state = STATES[cell & 7];
  const number = index + 1;
  const begun = start - 600 * SECOND;
  const host = `ws-${String((index * 7 + at) % 400).padStart(4, '0')}`;
  const attempt = (n, outcome, problem) => ({
    attempt: n, host: outcome === 'running' ? host : `ws-${String((index * 13 + n) % 400).padStart(4, '0')}`, slot: index % 4,
    started_at: begun + n * 100 * SECOND, ended_at: outcome === 'running' ? null : begun + n * 100 * SECOND + 84_300, outcome, problem,
    usage: outcome === 'running' ? null : { wall_ms: 84_300, cpu_ms: 301_200, memory_peak_bytes: 5.4e9, exit_code: outcome === 'done' ? 0 : 139 },
  });
  const failed = { failed: 3, done: index % 9 === 0 ? 1 : 0, running: index % 40 === 0 ? 1 : 0 }[state] ?? 0;
  const why = 'exit code 139: Blender crashed in <script>alert(1)</script> cycles_kernel';
  const history = Array.from({ length: failed }, (_, i) => attempt(i + 1, 'failed', why));
  if (state === 'running' || state === 'done') history.push(attempt(failed + 1, state, null));
  return {
    number, step: step.name, step_index: at, index, state, host: history.length ? host : null, slot: history.length ? index % 4 : null,
    attempts: history.length, progress_permille: state === 'done' ? 1000 : Math.floor(((cell >> 4) * 1000) / 16),
    started_at: history.length ? begun : null, ended_at: state === 'running' || !history.length ? null : begun + 84_300,
    problem: state === 'failed' ? why : null, history, warnings: (cell >> 3) & 1 ? ['the picture is black from edge to edge'] : [],
    outputs: state === 'done' ? [{ name: `${step.name}_${String(number).padStart(4, '0')}.exr`, digest: digest(number), bytes: 8_123_456,
      size: { width: 1920, height: 1080 }, thumbnail: digest(number % 24) }] : [],
  };
}

export const hosts = Array.from({ length: 10_000 }, (_, i) => {
  const gpu = i % 5 === 0;
  const state = i % 97 === 0 ? 'silent' : i % 53 === 0 ? 'closed' : i % 61 === 0 ? 'draining' : i % 3 === 0 ? 'idle' : 'busy';
  const busy = state === 'busy' ? 1 + (i % 4) : state === 'draining' ? 1 : 0;
  return {
    name: `ws-${String(i).padStart(4, '0')}`, state, slots_total: 4, slots_busy: busy,
    slots: Array.from({ length: 4 }, (_, slot) => slot < busy
      ? { slot, state: 'busy', frame: { job: 1, step: 1, index: 31_040 + ((i * 4 + slot) % 3000) }, since: start - 60_000 }
      : { slot, state: 'free' }),
    info: {
      machine_family: 'pc', machine_type: 'x86_64', os_family: 'linux', os_type: 'debian', os_version: '12', processors: 1,
      processor_sockets: 1, processor_cores: 16, processor_threads: 32, processor_family: 'x86_64', processor_type: 'AMD Ryzen 9 7950X',
      processor_mhz: 4500, memory_bytes: (i % 4 === 0 ? 128 : 64) * 2 ** 30, swap_bytes: 0, scratch_bytes: 1e12,
      gpus: gpu ? [{ model: 'NVIDIA RTX 4090', memory_bytes: 24 * 2 ** 30, driver: '550.90' }] : [],
      addresses: [{ interface: 'eth0', address: `10.0.${i >> 8}.${i & 255}`, hardware: '02:00:00:00:00:01' }], container: null,
      packages: [{ name: 'blender', version: i % 6 ? '4.2.1' : '3.6.5', executable: '/usr/bin/blender' }, { name: 'povray', version: '3.7.0', executable: '/usr/bin/povray' }],
      licences: [], shares: [], tags: gpu ? ['gpu'] : [], pools: [i % 2 ? 'film' : 'advert'], framefarm: '0.6.0',
    },
    heard_at: now(), door: state === 'closed' ? { is: 'closed', by: 'person', why: 'closed by ben' } : { is: 'open' },
  };
});
