// What the farm says, as docs/doors.md and crates/model have it. Times are milliseconds since the Unix epoch.

export type Rank = 'viewer' | 'artist' | 'operator' | 'admin';
export type JobState = 'queued' | 'active' | 'held' | 'done' | 'failed' | 'killed';
export type FrameState = 'waiting' | 'running' | 'done' | 'failed' | 'killed';
export type HostState = 'idle' | 'busy' | 'silent' | 'closed' | 'draining';
export type Queue = 'new' | 'active' | 'outsourced' | 'done';

export interface Page<T> {
  items: T[];
  total: number;
  next: string | null;
}

export interface Who {
  name: string;
  role?: Rank;
  owner: boolean;
  services?: string[];
}

export interface Fault {
  place: string;
  what: string;
  hint?: string;
}

export interface Problem {
  status: number;
  title: string;
  hint?: string;
  faults?: Fault[];
}

export interface Eta {
  at: number;
  low: number;
  high: number;
}

export interface Counts {
  frames_total: number;
  frames_done: number;
  frames_failed: number;
  frames_running: number;
  frames_waiting: number;
  frames_warned: number;
}

export interface Notice {
  to: string;
  state: string;
  tries: number;
  problem?: string | null;
}

export interface Dependency {
  step: string;
  by?: 'step' | 'frame';
  files?: boolean;
}

export interface Step extends Counts {
  name: string;
  package: string;
  frames: string;
  profile?: string;
  reserve?: string;
  depends_on?: Dependency[];
  waiting_because?: string | null;
}

export interface Job extends Counts {
  id: string;
  name: string;
  state: JobState;
  priority: number;
  user: string;
  group?: string | null;
  package: string;
  frames: string;
  size?: string | null;
  attempts_failed: number;
  progress_permille: number;
  submitted_at: number;
  started_at?: number | null;
  ended_at?: number | null;
  waiting_because?: string | null;
  results: string;
  cover?: string | null;
  eta?: Eta | null;
  cpu_ms?: number;
  wall_ms?: number;
  hosts?: number;
  tag?: string;
  steps?: Step[];
  running?: Frame[];
  notices?: Notice[];
}

export interface Output {
  name: string;
  digest: string;
  bytes: number;
  size?: { width: number; height: number } | string | null;
  thumbnail?: string | null;
}

export interface Usage {
  wall_ms: number;
  cpu_ms: number;
  memory_peak_bytes: number;
  exit_code?: number;
}

export interface Attempt {
  attempt: number;
  host: string;
  slot: number;
  started_at: number;
  ended_at?: number | null;
  outcome: string;
  problem?: string | null;
  usage?: Usage | null;
}

export interface Frame {
  number: number;
  chunk?: string;
  step: string;
  index?: number;
  step_index?: number;
  state: FrameState;
  host?: string | null;
  slot?: number | null;
  attempts: number;
  progress_permille: number;
  started_at?: number | null;
  ended_at?: number | null;
  problem?: string | null;
  outputs: Output[];
  warnings?: string[];
  history: Attempt[];
}

export interface GridStep {
  name: string;
  numbers: string;
  chunk_size: number;
  total: number;
  cells: string;
}

export interface Grid {
  epoch: string | number;
  seq: number;
  steps: GridStep[];
}

export interface Rejection {
  field?: string;
  lacking: string;
  hosts: number;
}

export interface NearHost {
  host: string;
  lacks: string[];
  alike: number;
}

export type Reason = { kind: string } & Record<string, unknown>;

export interface Why {
  step: string;
  frames_waiting: number;
  reason: Reason;
  sentence: string;
}

export interface Slot {
  slot: number;
  state: 'free' | 'busy';
  frame?: { job: number | string; step: number; index: number };
  since?: number;
}

export interface Gpu {
  model: string;
  memory_bytes: number;
  driver: string;
}

export interface HostInfo {
  machine_family: string;
  machine_type: string;
  os_family: string;
  os_type: string;
  os_version: string;
  processors: number;
  processor_sockets: number;
  processor_cores: number;
  processor_threads: number;
  processor_family: string;
  processor_type: string;
  processor_mhz: number;
  memory_bytes: number;
  swap_bytes: number;
  scratch_bytes: number;
  gpus: Gpu[];
  addresses: { interface: string; address: string; hardware: string }[];
  container?: string | null;
  packages: { name: string; version: string; executable: string }[];
  licences: { name: string; source: string }[];
  shares: { path: string; source: string; kind: string }[];
  tags: string[];
  pools: string[];
  framefarm: string;
}

export type Door = { is: 'open' } | { is: 'closed'; by: string; why: string };

export interface Host {
  name: string;
  state: HostState;
  slots_total: number;
  slots_busy: number;
  slots: Slot[];
  info: HostInfo;
  heard_at: number;
  door: Door;
}

export interface Farm {
  farm: string;
  version: string;
  storage: string;
  roles: string[];
  refused?: Record<string, number>;
  queues?: Partial<Record<Queue, number>>;
  /** How many jobs there are in each state. */
  jobs?: Record<JobState, number>;
  slots_total?: number;
  slots_busy?: number;
  hosts_total?: number;
}

export interface Server {
  server: string;
  state: 'running' | 'stopped' | 'away';
  url?: string;
  starts?: number;
  version?: string;
  note?: string;
}

export interface ProcessStats {
  pid: number;
  parent: number;
  name: string;
  cpu_permille: number;
  memory_bytes: number;
  read_bytes: number;
  written_bytes: number;
  state: string;
}

export interface SlotStats {
  at: number;
  host: string;
  slot: number;
  job?: number | string | null;
  step_index?: number | null;
  frame?: number | null;
  attempt?: number | null;
  wall_ms?: number | null;
  cpu_permille: number;
  memory_bytes: number;
  memory_peak_bytes: number;
  read_bytes: number;
  written_bytes: number;
  gpu?: { model?: string; busy_permille?: number; memory_bytes?: number }[];
  processes: ProcessStats[];
}

export interface Sample {
  at_ms: number;
  cpu_permille: number;
  memory_bytes: number;
  read_bytes: number;
  written_bytes: number;
}

export type JobVerb = 'kill' | 'hold' | 'release' | 'retry' | 'priority';

export interface JobFilter {
  state?: string;
  queue?: Queue;
  user?: string;
  group?: string;
  package?: string;
  text?: string;
  since?: number;
}

export interface OrderReply {
  matched: number;
  done: (number | string)[];
  refused: { id: number | string; problem: Problem }[];
}
