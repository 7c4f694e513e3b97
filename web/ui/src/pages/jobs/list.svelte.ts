// The jobs of a queue that are here so far, kept true by the stream.
import { get, problemOf } from '../../lib/api/client.ts';
import type { Job, JobFilter, Page, Problem } from '../../lib/api/types.ts';
import { merge } from './queue.ts';

const FIRST = 200;
const MORE = 1000;

export class JobList {
  rows = $state.raw<Job[]>([]);
  total = $state(0);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);

  private next: string | null = null;
  private fetching = false;
  private waiting = new Map<string, Job>();
  private gone: string[] = [];
  private drawn = 0;
  private ended = false;

  constructor(readonly filter: JobFilter, readonly sort: string) {}

  private ask(limit: number, after?: string | null): Promise<Page<Job>> {
    return get<Page<Job>>('/jobs', { ...this.filter, sort: this.sort, limit, after });
  }

  load = async (): Promise<void> => {
    try {
      // As many as were here, so that a list that was scrolled does not jump.
      const wanted = this.rows.length;
      let page = await this.ask(Math.min(MORE, Math.max(FIRST, wanted)));
      let rows = page.items;
      while (page.next && rows.length < wanted && !this.ended) {
        page = await this.ask(MORE, page.next);
        rows = rows.concat(page.items);
      }
      if (this.ended) return;
      this.rows = rows;
      this.total = page.total;
      this.next = page.next;
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      this.problem = problemOf(error);
    }
  };

  more = async (): Promise<void> => {
    if (this.fetching || !this.next || this.ended) return;
    this.fetching = true;
    try {
      const page = await this.ask(MORE, this.next);
      const known = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.items.filter((job) => !known.has(job.id))];
      this.next = page.next;
      this.total = page.total;
    } catch {
      // The stream says when the farm is away; scrolling on asks again.
    }
    this.fetching = false;
  };

  /** Takes what changed; drawn once a frame however much comes. */
  take(items: Job[], gone: string[] = []): void {
    for (const job of items) this.waiting.set(job.id, job);
    this.gone.push(...gone.map(String));
    if (this.drawn === 0) this.drawn = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawn = 0;
    if (!this.loaded || this.ended) return;
    const { rows, more } = merge(
      this.rows, [...this.waiting.values()], this.gone, this.filter, this.sort, this.next !== null,
    );
    this.waiting.clear();
    this.gone = [];
    this.rows = rows;
    this.total = Math.max(rows.length, this.total + more);
  }

  end(): void {
    this.ended = true;
    cancelAnimationFrame(this.drawn);
  }
}
