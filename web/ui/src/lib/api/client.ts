// Speaks to /api/v1: JSON in and out, problems as errors with their hint, and the header that says that a
// change comes from a page of the farm itself.
import type { Problem } from './types.ts';

export const ROOT = '/api/v1';

/** Status of a problem that is none of the farm's: it cannot be reached. */
export const AWAY = 0;

export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
    this.name = 'ApiProblem';
  }
  get status(): number {
    return this.problem.status;
  }
  get hint(): string | undefined {
    return this.problem.hint;
  }
}

/** What to show of anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  return { status: AWAY, title: error instanceof Error ? error.message : String(error) };
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export function pathOf(path: string, query?: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') words.set(name, String(value));
  }
  const text = words.toString();
  return `${ROOT}${path}${text ? `?${text}` : ''}`;
}

/** A part of a path, safe whatever is in it. */
export const part = (text: string | number): string => encodeURIComponent(String(text));

export interface Ask {
  query?: Query;
  signal?: AbortSignal;
  /** The tag that the thing had when it was looked at: the change is refused where it was changed since. */
  match?: string | undefined;
  /** The same key again is the same deed. */
  key?: string;
}

let loggedOut: () => void = () => {};

/** Says what to do where the farm knows nobody any more. */
export function onLoggedOut(what: () => void): void {
  loggedOut = what;
}

export async function call(method: string, path: string, body?: unknown, ask: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-framefarm'] = '1';
  if (ask.match) headers['if-match'] = ask.match.startsWith('"') ? ask.match : `"${ask.match}"`;
  if (ask.key) headers['idempotency-key'] = ask.key;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (ask.signal) init.signal = ask.signal;
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(pathOf(path, ask.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    const hint = 'The page goes on by itself once the farm is there again.';
    throw new ApiProblem({ status: AWAY, title: 'The farm cannot be reached.', hint });
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== '/login') loggedOut();
  throw new ApiProblem(await problemIn(response));
}

async function problemIn(response: Response): Promise<Problem> {
  const plain: Problem = { status: response.status, title: `The farm answered ${response.status}.` };
  if (!(response.headers.get('content-type') ?? '').includes('json')) return plain;
  try {
    const told = (await response.json()) as Partial<Problem>;
    const title = told.title ?? plain.title;
    return { ...plain, ...told, title: title.charAt(0).toUpperCase() + title.slice(1), status: response.status };
  } catch {
    return plain;
  }
}

async function read<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  read<T>(call('GET', path, undefined, { ...(query && { query }), ...(signal && { signal }) }));
export const post = <T = void>(path: string, body?: unknown, ask?: Ask): Promise<T> =>
  read<T>(call('POST', path, body ?? {}, ask));
export const put = <T = void>(path: string, body: unknown, ask?: Ask): Promise<T> =>
  read<T>(call('PUT', path, body, ask));
export const remove = <T = void>(path: string, ask?: Ask): Promise<T> =>
  read<T>(call('DELETE', path, undefined, ask));

/** A key for a deed that must not be done twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
