// The pages, each loaded when it is first looked at: pages/NAME/index.svelte is the page NAME of routes.ts.
import type { Component } from 'svelte';

type Loaded = { default: Component };

const found = import.meta.glob<Loaded>('./pages/*/index.svelte');

export const pageNamed = (name: string): (() => Promise<Loaded>) | undefined =>
  found[`./pages/${name}/index.svelte`];
