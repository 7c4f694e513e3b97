// Who looks at the page, and what he may.
import { get, onLoggedOut, post, problemOf } from './api/client.ts';
import type { Farm, Problem, Rank, Who } from './api/types.ts';
import { router } from './router/router.svelte.ts';

const RANKS: Rank[] = ['viewer', 'artist', 'operator', 'admin'];

class Session {
  who = $state<Who | null>(null);
  farm = $state<Farm | null>(null);
  state = $state<'asking' | 'in' | 'out' | 'away'>('asking');
  problem = $state<Problem | null>(null);

  constructor() {
    onLoggedOut(() => this.out());
  }

  /** Whether he may what `rank` may. */
  may(rank: Rank): boolean {
    const own = this.who?.owner ? 'admin' : this.who?.role;
    return own !== undefined && RANKS.indexOf(own) >= RANKS.indexOf(rank);
  }

  /** Whether he may change what belongs to `user`: artists their own, operators everything. */
  mayChange(user: string): boolean {
    return this.may('operator') || (this.may('artist') && this.who?.name === user);
  }

  async ask(): Promise<void> {
    try {
      this.who = await get<Who>('/whoami');
      this.state = 'in';
      this.problem = null;
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 401) return;
      if (this.state !== 'in') this.state = 'away';
      this.problem = problem;
    }
  }

  async login(words: { user?: string; password?: string; owner?: string }): Promise<void> {
    await post('/login', { ...words, cookie: true });
    await this.ask();
    const back = router.query.get('to');
    router.go(back?.startsWith('/') && !back.startsWith('//') ? back : '/jobs', true);
  }

  async logout(): Promise<void> {
    await post('/logout').catch(() => {});
    this.out(false);
  }

  private out(comeBack = true): void {
    this.who = null;
    this.state = 'out';
    if (router.place.page === 'login') return;
    const to = location.pathname + location.search;
    router.go(comeBack && to !== '/' && to !== '/jobs' ? `/login?to=${encodeURIComponent(to)}` : '/login', true);
  }
}

export const session = new Session();
