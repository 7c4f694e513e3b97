// All hosts of the farm, kept true by the stream: fetched a thousand at a time, shown from the first on.
import { get, problemOf } from '../api/client.ts';
import type { Host, Page, Problem } from '../api/types.ts';
import { shorten, type Change, type Row } from './row.ts';

interface Told {
  items?: Host[];
  rows?: Change[];
  gone?: string[];
}

const FIRST = 100;
const MORE = 1000;

export class HostList {
  rows = $state.raw<Row[]>([]);
  total = $state(0);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);

  private known = new Map<string, Row>();
  private drawn = 0;
  private ended = false;

  load = async (): Promise<void> => {
    try {
      const found = new Map<string, Row>();
      let next: string | null = null;
      do {
        const page: Page<Host> = await get<Page<Host>>('/hosts', { limit: next ? MORE : FIRST, after: next });
        if (this.ended) return;
        for (const host of page.items) found.set(host.name, shorten(host));
        this.total = page.total;
        next = page.next;
        // The first look shows what is there; a later one waits until it is whole, so that nothing jumps.
        if (!this.loaded || !next) {
          this.known = found;
          this.rows = [...found.values()];
        }
        this.problem = null;
      } while (next);
      this.loaded = true;
    } catch (error) {
      this.problem = problemOf(error);
    }
  };

  take(told: Told): void {
    for (const host of told.items ?? []) this.known.set(host.name, shorten(host));
    for (const change of told.rows ?? []) {
      const row = this.known.get(change.name);
      if (row) this.known.set(change.name, { ...row, ...change });
    }
    for (const name of told.gone ?? []) this.known.delete(name);
    if (this.drawn === 0) this.drawn = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawn = 0;
    if (this.ended) return;
    this.rows = [...this.known.values()];
    this.total = Math.max(this.rows.length, this.loaded ? 0 : this.total);
  }

  end(): void {
    this.ended = true;
    cancelAnimationFrame(this.drawn);
  }
}
