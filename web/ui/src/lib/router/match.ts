// Which page an address means. Pure, so that it can be tried without a browser.

export interface Place {
  /** Name of the page. */
  page: string;
  /** What stands in the path's places. */
  params: Record<string, string>;
}

/** Page names by pattern; the first that fits is taken. */
export type Routes = readonly (readonly [pattern: string, page: string])[];

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '');

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function fit(pattern: string[], path: string[]): Record<string, string> | null {
  if (pattern.length !== path.length) return null;
  const params: Record<string, string> = {};
  for (const [i, wanted] of pattern.entries()) {
    const told = decoded(path[i] ?? '');
    if (told === null) return null;
    if (wanted.startsWith(':')) params[wanted.slice(1)] = told;
    else if (wanted !== told) return null;
  }
  return params;
}

export function match(routes: Routes, path: string): Place | null {
  const told = parts(path);
  for (const [pattern, page] of routes) {
    const params = fit(parts(pattern), told);
    if (params) return { page, params };
  }
  return null;
}

/** `path` with its query, where words of `query` that are empty are left out. */
export function address(path: string, query: Record<string, string | number | null | undefined> = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') words.set(name, String(value));
  }
  const text = words.toString();
  return text ? `${path}?${text}` : path;
}
