// One stream of changes for the whole page. Pages say what they follow; the stream is opened anew where that
// changes, goes on after the last event it saw, and mends itself when it breaks.
import { pathOf } from '../api/client.ts';
import { session } from '../session.svelte.ts';
import { concerns, pause, union } from './plan.ts';

export interface Follower {
  topics: string[];
  /** Fetches everything anew: at the start, and where the stream could not go on. */
  fetch: () => Promise<unknown>;
  /** Takes a change. Not called while `fetch` runs; what comes meanwhile is told after it. */
  on: (event: string, data: never) => void;
}

interface Following {
  follower: Follower;
  fetching: boolean;
  again: boolean;
  kept: [string, unknown][];
  fresh: boolean;
}

const EVENTS = ['jobs', 'job', 'grid', 'hosts', 'host', 'farm', 'joins', 'slot', 'frame'];
/** So long a page may take to say all that it follows. */
const SETTLE = 60;
/** A page that nobody sees lets go of its connection after this long; browsers have few of them. */
const HIDDEN_WAIT = 20_000;
/** The stream tells something every 15 s at least; silence this long means that it is dead. */
const SILENCE = 45_000;

class Live {
  state = $state<'idle' | 'opening' | 'live' | 'lost'>('idle');
  /** Since when it is lost. */
  lostAt = $state(0);

  private following = new Set<Following>();
  private source: EventSource | null = null;
  private topics: string[] = [];
  private last = '';
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private hideTimer: ReturnType<typeof setTimeout> | undefined;
  private settling = false;

  constructor() {
    document.addEventListener('visibilitychange', () => this.seen());
    addEventListener('online', () => this.retry());
    addEventListener('pagehide', () => this.close());
  }

  /** Follows; what comes back ends it. */
  follow(follower: Follower): () => void {
    const entry: Following = { follower, fetching: false, again: false, kept: [], fresh: true };
    this.following.add(entry);
    // What is new to look at is not held up by the stream; where the stream begins anew it is fetched once more.
    // In its own turn, so that no effect that follows depends on what a fetch reads.
    queueMicrotask(() => {
      if (entry.fresh && this.following.has(entry)) void this.fetch(entry);
    });
    this.settle();
    return () => {
      this.following.delete(entry);
      this.settle();
    };
  }

  /** Connects at once where it is lost. */
  retry(): void {
    if (this.state !== 'lost') return;
    this.tries = 0;
    this.open();
  }

  /** Logged out or left: nothing is known any more. */
  forget(): void {
    this.close();
    this.last = '';
    this.state = 'idle';
  }

  // Several followers come and go while a page is put together; the stream is opened once for all of them.
  private settle(): void {
    if (this.settling) return;
    this.settling = true;
    setTimeout(() => {
      this.settling = false;
      const topics = union([...this.following].map((one) => one.follower.topics));
      if (topics.length === 0) {
        this.topics = [];
        this.close();
        this.state = 'idle';
        return;
      }
      const same = topics.length === this.topics.length && topics.every((one, i) => one === this.topics[i]);
      this.topics = topics;
      if (!same || this.state === 'idle') this.open();
    }, SETTLE);
  }

  private open(): void {
    this.close();
    if (this.state !== 'lost') this.state = 'opening';
    const query = { topics: this.topics.join(','), after: this.last };
    const source = new EventSource(pathOf('/events', query));
    this.source = source;
    source.addEventListener('hello', (event) => this.hello(event as MessageEvent<string>));
    source.addEventListener('reset', (event) => this.reset(event as MessageEvent<string>));
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => this.take(name, event as MessageEvent<string>));
    }
    source.onerror = () => this.broken();
    this.heard();
  }

  private close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.source?.close();
    this.source = null;
  }

  private heard(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.broken(), SILENCE);
  }

  private broken(): void {
    this.close();
    if (this.state !== 'lost') {
      this.state = 'lost';
      this.lostAt = Date.now();
    }
    // A stream that breaks at once may be one of somebody who was logged out: the session asks and says so.
    if (this.tries > 0) void session.ask();
    this.timer = setTimeout(() => this.open(), pause(this.tries, Math.random()));
    this.tries += 1;
  }

  private hello(event: MessageEvent<string>): void {
    clearTimeout(this.timer);
    this.heard();
    this.note(event);
    const { resumed } = JSON.parse(event.data) as { resumed?: boolean };
    this.state = 'live';
    this.tries = 0;
    if (session.state === 'away') void session.ask();
    if (!resumed) for (const one of this.following) void this.fetch(one);
  }

  private reset(event: MessageEvent<string>): void {
    this.heard();
    this.note(event);
    const { topics } = JSON.parse(event.data) as { topics: string[] };
    for (const one of this.following) {
      if (one.follower.topics.some((topic) => topics.includes(topic))) void this.fetch(one);
    }
  }

  private take(name: string, event: MessageEvent<string>): void {
    this.heard();
    this.note(event);
    const data: unknown = JSON.parse(event.data);
    for (const one of this.following) {
      if (!one.follower.topics.some((topic) => concerns(topic, name, data))) continue;
      if (one.fetching) one.kept.push([name, data]);
      else one.follower.on(name, data as never);
    }
  }

  private note(event: MessageEvent<string>): void {
    if (event.lastEventId) this.last = event.lastEventId;
  }

  private async fetch(one: Following): Promise<void> {
    one.fresh = false;
    if (one.fetching) {
      one.again = true;
      return;
    }
    one.fetching = true;
    try {
      do {
        one.again = false;
        one.kept = [];
        await one.follower.fetch();
      } while (one.again && this.following.has(one));
    } catch {
      // The page shows its own problem; here only the order of things counts.
    }
    one.fetching = false;
    const kept = one.kept;
    one.kept = [];
    if (!this.following.has(one)) return;
    for (const [name, data] of kept) one.follower.on(name, data as never);
  }

  private seen(): void {
    clearTimeout(this.hideTimer);
    if (document.hidden) {
      this.hideTimer = setTimeout(() => this.close(), HIDDEN_WAIT);
    } else if (!this.source && this.topics.length > 0) {
      this.tries = 0;
      this.open();
    }
  }
}

export const live = new Live();
