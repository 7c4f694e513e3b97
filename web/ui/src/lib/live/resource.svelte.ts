// Something that is fetched: its value, its problem, and whether it is on its way.
import { problemOf } from '../api/client.ts';
import type { Problem } from '../api/types.ts';

export class Fetched<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  private turn = 0;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T>) {}

  private stop: AbortController | null = null;

  /** Fetches it; an older fetch that is still on its way counts no more. */
  load = async (): Promise<void> => {
    const turn = ++this.turn;
    this.stop?.abort();
    this.stop = new AbortController();
    this.loading = true;
    try {
      const value = await this.ask(this.stop.signal);
      if (turn !== this.turn) return;
      this.value = value;
      this.problem = null;
    } catch (error) {
      if (turn !== this.turn || (error instanceof DOMException && error.name === 'AbortError')) return;
      this.problem = problemOf(error);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  };
}
