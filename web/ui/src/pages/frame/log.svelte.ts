// The log of an attempt: followed at its end while it runs, read anywhere, searched piece by piece.
import { call, part, problemOf } from '../../lib/api/client.ts';
import type { Problem } from '../../lib/api/types.ts';
import { LogWindow, type Fetched } from './window.ts';

const PIECE = 128 << 10;
const SEARCHED = 512 << 10;

export interface Found {
  /** Its place in the lines that are here. */
  line: number;
}

export class Log {
  lines = $state.raw<string[]>([]);
  from = $state(0);
  to = $state(0);
  length = $state(0);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** Bytes searched so far of a search that goes on; null where none does. */
  searching = $state<number | null>(null);

  private window = new LogWindow();
  private busy = false;
  private ended = false;

  constructor(
    private readonly job: string,
    private readonly frame: number,
    private readonly step: string,
    private readonly attempt: number | null,
  ) {}

  private async get(query: { offset?: number; length?: number; tail?: number }): Promise<Fetched> {
    const path = `/jobs/${part(this.job)}/frames/${this.frame}/log`;
    const response = await call('GET', path, undefined, { query: { step: this.step, attempt: this.attempt, ...query } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const from = Number(response.headers.get('x-log-offset') ?? query.offset ?? 0);
    return { from, bytes, length: Number(response.headers.get('x-log-length') ?? from + bytes.length) };
  }

  private show(): void {
    this.lines = this.window.lines;
    this.from = this.window.from;
    this.to = this.window.to;
    this.length = this.window.length;
    this.loaded = true;
    this.problem = null;
  }

  private async once<T>(deed: () => Promise<T>): Promise<T | undefined> {
    if (this.busy || this.ended) return undefined;
    this.busy = true;
    try {
      return await deed();
    } catch (error) {
      this.problem = problemOf(error);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  get atStart(): boolean {
    return this.from === 0;
  }
  get atEnd(): boolean {
    return this.to >= this.length;
  }

  tail = (): Promise<void> =>
    this.once(async () => {
      this.window.begin(await this.get({ tail: PIECE }));
      this.show();
    }) as Promise<void>;

  /** Goes to a place: the first whole line after so many bytes. */
  at = (offset: number): Promise<void> =>
    this.once(async () => {
      this.window.begin(await this.get({ offset: Math.max(0, Math.floor(offset)), length: PIECE }));
      this.show();
    }) as Promise<void>;

  /** More at the end; how many lines were forgotten at the front. */
  more = async (): Promise<number> =>
    (await this.once(async () => {
      const got = await this.get({ offset: this.window.to, length: PIECE });
      const gone = this.window.after(got);
      if (got.bytes.length > 0 || got.length !== this.length) this.show();
      return gone;
    })) ?? 0;

  /** More at the front; how many lines came. */
  earlier = async (): Promise<number> =>
    (await this.once(async () => {
      const from = Math.max(0, this.window.from - PIECE);
      const came = this.window.before(await this.get({ offset: from, length: this.window.from - from }));
      this.show();
      return came;
    })) ?? 0;

  /** The next line with `words` after `line`, or before it: here first, then on through the log, a piece at a
      time. Null where there is none or it was stopped. */
  async find(words: string, line: number, back: boolean): Promise<Found | null> {
    const wanted = words.toLowerCase();
    if (!wanted) return null;
    const by = back ? -1 : 1;
    for (let i = line + by; i >= 0 && i < this.lines.length; i += by) {
      if (this.lines[i]?.toLowerCase().includes(wanted)) return { line: i };
    }
    return (await this.once(() => this.findBeyond(wanted, back))) ?? null;
  }

  private async findBeyond(wanted: string, back: boolean): Promise<Found | null> {
    const overlap = 4 * wanted.length;
    let edge = back ? this.from : this.to;
    this.searching = 0;
    try {
      while (this.searching !== null && !this.ended && (back ? edge > 0 : edge < this.length)) {
        const from = back ? Math.max(0, edge - SEARCHED) : edge;
        const got = await this.get({ offset: from, length: back ? edge - from : SEARCHED });
        if (got.bytes.length === 0) break;
        const text = new TextDecoder().decode(got.bytes).toLowerCase();
        const place = back ? text.lastIndexOf(wanted) : text.indexOf(wanted);
        if (place >= 0) {
          const bytes = new TextEncoder().encode(text.slice(0, place)).length;
          // A little before it, so that it is seen among its lines.
          this.window.begin(await this.get({ offset: Math.max(0, from + bytes - 20_000), length: PIECE }));
          this.show();
          const from2 = this.window.from;
          const line = this.nearest(wanted, from + bytes - from2);
          return { line };
        }
        const next = back ? from + overlap : from + got.bytes.length - overlap;
        if (back ? next >= edge || from === 0 : next <= edge || from + got.bytes.length >= this.length) break;
        edge = next;
        this.searching += got.bytes.length;
      }
      return null;
    } finally {
      this.searching = null;
    }
  }

  // The line at so many bytes from the front of the window, of those that hold the words.
  private nearest(wanted: string, bytes: number): number {
    let before = 0;
    let best = 0;
    for (const [i, line] of this.lines.entries()) {
      if (line.toLowerCase().includes(wanted)) {
        best = i;
        if (before + line.length + 1 > bytes) return i;
      }
      before += line.length + 1;
    }
    return best;
  }

  stop(): void {
    this.searching = null;
  }

  end(): void {
    this.ended = true;
  }
}
