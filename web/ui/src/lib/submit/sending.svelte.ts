// Files on their way into the farm: hashed here, and only what the farm lacks is sent.
import { call, part, post, problemOf } from '../api/client.ts';
import type { Problem } from '../api/types.ts';
import type { Dropped } from './files.ts';

export class SentFile {
  digest = $state<string | null>(null);
  hashed = $state(0);
  state = $state<'hashing' | 'ready' | 'there' | 'sending' | 'sent' | 'bad'>('hashing');
  problem = $state('');
  readonly path: string;
  readonly file: File;

  constructor(from: Dropped) {
    this.path = from.path;
    this.file = from.file;
  }
}

interface Told {
  id: number;
  done?: number;
  digest?: string;
  problem?: string;
}

export class Sending {
  files = $state.raw<SentFile[]>([]);
  readonly bytes = $derived(this.files.reduce((sum, one) => sum + one.file.size, 0));
  readonly hashed = $derived(this.files.reduce((sum, one) => sum + one.hashed, 0));
  readonly ready = $derived(this.files.every((one) => one.digest !== null));

  private worker: Worker | null = null;
  private asked = new Map<number, SentFile>();
  private next = 1;

  /** These files and no others; those that were here already keep their digests. */
  take(files: readonly Dropped[]): void {
    const known = new Map(this.files.map((one) => [one.path, one]));
    this.files = files.map((from) => {
      const before = known.get(from.path);
      return before?.file === from.file ? before : new SentFile(from);
    });
    for (const one of this.files) if (one.digest === null && one.hashed === 0) this.hash(one);
  }

  private hash(one: SentFile): void {
    this.worker ??= this.start();
    const id = this.next++;
    this.asked.set(id, one);
    this.worker.postMessage({ id, file: one.file });
  }

  private start(): Worker {
    const worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Told>) => {
      const one = this.asked.get(data.id);
      if (!one) return;
      if (data.done !== undefined) one.hashed = data.done;
      if (data.digest) {
        one.digest = data.digest;
        one.state = 'ready';
      }
      if (data.problem) {
        one.state = 'bad';
        one.problem = data.problem;
      }
    });
    return worker;
  }

  /** Sends what the farm lacks. Once it returns all of it is there. */
  async send(stop: AbortSignal): Promise<void> {
    const byDigest = new Map<string, SentFile[]>();
    for (const one of this.files) if (one.digest) byDigest.set(one.digest, [...(byDigest.get(one.digest) ?? []), one]);
    const lacking = new Set(await post<string[]>('/content/missing', [...byDigest.keys()]));
    for (const [digest, alike] of byDigest) {
      if (!lacking.has(digest)) for (const one of alike) one.state = 'there';
    }
    const waiting = [...lacking].flatMap((digest) => byDigest.get(digest)?.slice(0, 1) ?? []);
    // A few at once: small files would wait for the way there and back otherwise.
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one && !stop.aborted; one = waiting.shift()) await this.put(one, byDigest, stop);
    };
    await Promise.all([next(), next(), next(), next()]);
    stop.throwIfAborted();
  }

  private async put(one: SentFile, byDigest: Map<string, SentFile[]>, stop: AbortSignal): Promise<void> {
    const digest = one.digest ?? '';
    one.state = 'sending';
    try {
      await call('PUT', `/content/${part(digest)}`, one.file, { signal: stop });
      for (const alike of byDigest.get(digest) ?? []) alike.state = 'sent';
    } catch (error) {
      const problem: Problem = problemOf(error);
      one.state = 'bad';
      one.problem = problem.title;
      throw error;
    }
  }

  end(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}
