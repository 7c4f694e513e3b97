// One job and the state of all its frames, kept true by the stream.
import { get, part, problemOf } from '../../lib/api/client.ts';
import type { Grid, Job, Problem, Why } from '../../lib/api/types.ts';
import { Cells } from '../../lib/grid/cells.ts';
import { live } from '../../lib/live/live.svelte.ts';

export class JobWatch {
  job = $state.raw<Job | null>(null);
  problem = $state.raw<Problem | null>(null);
  why = $state.raw<Why[]>([]);
  steps = $state.raw<Cells[]>([]);
  /** Grows with each change of a frame. */
  version = $state(0);
  gridProblem = $state.raw<Problem | null>(null);

  constructor(readonly id: string) {}

  private load = async (): Promise<void> => {
    try {
      this.job = await get<Job>(`/jobs/${part(this.id)}`);
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  };
  reload = this.load;

  private loadGrid = async (): Promise<void> => {
    try {
      const grid = await get<Grid>(`/jobs/${part(this.id)}/grid`);
      this.steps = grid.steps.map((step) => new Cells(step));
      this.version += 1;
      this.gridProblem = null;
    } catch (error) {
      this.gridProblem = problemOf(error);
    }
  };
  reloadGrid = this.loadGrid;

  askWhy = async (): Promise<void> => {
    try {
      this.why = await get<Why[]>(`/jobs/${part(this.id)}/why`);
    } catch {
      // What the job says of itself stands instead.
    }
  };

  follow(): () => void {
    return live.follow({
      topics: [`job:${this.id}`],
      fetch: this.load,
      on: (_event, job: Job) => (this.job = { ...this.job, ...job }),
    });
  }

  followGrid(): () => void {
    return live.follow({
      topics: [`grid:${this.id}`],
      fetch: this.loadGrid,
      on: (_event, told: { changes: [number, number, number][] }) => {
        let changed = false;
        for (const [step, index, cell] of told.changes) {
          if (this.steps[step]?.set(index, cell)) changed = true;
        }
        if (changed) this.version += 1;
      },
    });
  }
}
