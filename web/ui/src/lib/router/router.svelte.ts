// Where the page is. The address says all of it: path, and what is looked at in the query.
import { untrack } from 'svelte';

import { address, match, type Place } from './match.ts';
import { routes } from '../../routes.ts';

class Router {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));
  readonly place: Place = $derived(match(routes, this.path) ?? { page: 'lost', params: {} });

  /** Asked before the page is left; false keeps it. */
  guard: (() => boolean) | null = null;

  constructor() {
    addEventListener('popstate', () => this.read());
  }

  private read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  go(to: string, replace = false): void {
    if (this.guard && !replace && !this.guard()) return;
    this.guard = null;
    const moved = new URL(to, location.href).pathname !== location.pathname;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    this.read();
    if (moved) document.getElementById('main')?.scrollTo(0, 0);
  }

  /** Changes words of the query. `null` takes one away. */
  set(words: Record<string, string | number | null>, replace = true): void {
    // Called in effects, which must not depend on what they change.
    const [path, query] = untrack(() => [this.path, Object.fromEntries(this.query)]);
    this.go(address(path, { ...query, ...words }), replace);
  }

  /** Links of this page are followed without loading anything anew. */
  follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  };
}

export const router = new Router();
