// One frame: what is known of it, and what its running attempt uses, each second.
import { get, part, problemOf } from '../../lib/api/client.ts';
import type { Frame, Job, Problem, Sample, SlotStats } from '../../lib/api/types.ts';
import { live } from '../../lib/live/live.svelte.ts';

export interface History {
  attempt: number;
  samples: Sample[];
}

const SAMPLES_MOST = 1200;

export class FrameWatch {
  job = $state.raw<Job | null>(null);
  frame = $state.raw<Frame | null>(null);
  problem = $state.raw<Problem | null>(null);
  stats = $state.raw<SlotStats | null>(null);
  history = $state.raw<History | null>(null);
  /** The cell of the grid, with how far it is. */
  cell = $state<number | null>(null);

  constructor(
    readonly id: string,
    readonly number: string,
    readonly step: string | null,
  ) {}

  private path(rest = ''): string {
    return `/jobs/${part(this.id)}/frames/${part(this.number)}${rest}`;
  }

  load = async (): Promise<void> => {
    try {
      const [frame, job] = await Promise.all([
        get<Frame>(this.path(), { step: this.step }),
        this.job ?? get<Job>(`/jobs/${part(this.id)}`),
      ]);
      this.frame = frame;
      this.job = job;
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  };

  /** What an attempt used so far. */
  ask = async (attempt: number): Promise<void> => {
    try {
      const told = await get<{ samples: Sample[] }>(this.path('/usage'), { step: this.step, attempt });
      this.history = { attempt, samples: told.samples };
    } catch {
      this.history = { attempt, samples: [] };
    }
  };

  /** Follows changes of its state. */
  follow(): () => void {
    return live.follow({
      topics: [`grid:${this.id}`],
      fetch: this.load,
      on: (_event, told: { changes: [number, number, number][] }) => {
        const { step_index, index } = this.frame ?? {};
        for (const [step, at, cell] of told.changes) {
          if (step !== step_index || at !== index) continue;
          const kind = this.cell === null ? -1 : this.cell & 15;
          this.cell = cell;
          if ((cell & 15) !== kind) void this.load();
        }
      },
    });
  }

  /** Follows what it uses; only while somebody looks is that measured. */
  followStats(step: number): () => void {
    return live.follow({
      topics: [`frame:${this.id}/${step}/${this.number}`],
      fetch: () => Promise.resolve(),
      on: (event, told: SlotStats) => {
        if (event !== 'frame') return;
        this.stats = told;
        const own = this.history;
        const attempt = told.attempt ?? own?.attempt;
        if (!own || attempt !== own.attempt) return;
        const begun = this.frame?.started_at ?? told.at;
        const sample: Sample = {
          at_ms: told.wall_ms ?? told.at - begun, cpu_permille: told.cpu_permille, memory_bytes: told.memory_bytes,
          read_bytes: told.read_bytes, written_bytes: told.written_bytes,
        };
        this.history = { attempt: own.attempt, samples: [...own.samples, sample].slice(-SAMPLES_MOST) };
      },
    });
  }
}
