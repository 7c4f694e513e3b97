// A job as a form has it, and the description that the farm reads: JSON with a field a line, so that each fault
// can be told of its field.
export interface PackageName {
  name: string;
  title: string;
  extensions: string[];
  hosts: number;
}

export interface Setting {
  name: string;
  type: string;
  title?: string | null;
  group?: string | null;
  default?: unknown;
  choices?: string[];
  least?: number | string | null;
  minimum?: number;
  most?: number | string | null;
  maximum?: number;
  doc?: string;
  help?: string;
}

export interface PackageInfo {
  name: string;
  title: string;
  formats?: string[];
  settings: Setting[];
}

/** What a form holds, as it was typed. */
export type Words = Record<string, string>;

const NUMBERS = ['priority', 'attempts', 'chunk', 'slots_max', 'hosts_max', 'tile_border', 'sample_parts'];
const FLAGS = ['hold', 'movie', 'allow_missing'];

/** A number where it is one; else the text, so that the farm says what is wrong with it. */
function number(text: string): number | string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}

export function settingValue(type: string, text: string): unknown {
  if (type === 'integer' || type === 'number') return number(text);
  if (type === 'flag') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** The text of job.json. What is empty is left to the farm. */
export function describe(words: Words, settings: Words, types: Record<string, string>): string {
  const job: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(words)) {
    const text = raw.trim();
    if (text === '') continue;
    if (FLAGS.includes(name)) job[name] = text === 'true';
    else if (NUMBERS.includes(name)) job[name] = number(text);
    else if (name === 'notify' || name === 'after') {
      const all = text.split(/[\s,;]+/).filter(Boolean);
      job[name] = name === 'after' ? all.map(number) : all;
    } else job[name] = text;
  }
  const set = Object.entries(settings).filter(([, text]) => text.trim() !== '');
  if (set.length > 0) {
    job['settings'] = Object.fromEntries(set.map(([name, text]) => [name, settingValue(types[name] ?? 'text', text.trim())]));
  }
  return JSON.stringify(job, null, 1);
}

const DESCRIPTION = /(^|\/)[^/]*\.(toml|json)$/i;

/** The description among files: a single one, or that called job. */
export function descriptionIn(paths: readonly string[]): string | null {
  const found = paths.filter((path) => DESCRIPTION.test(path) && !path.includes('/'));
  const job = found.find((path) => /^job\.(toml|json)$/i.test(path));
  return job ?? (found.length === 1 && paths.length === 1 ? (found[0] ?? null) : null);
}

const ending = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
const bare = (extension: string): string => extension.replace(/^\./, '').toLowerCase();

/** The scene among files, with the package that reads it: where several could be, the highest in the folder. */
export function sceneIn(paths: readonly string[], packages: readonly PackageName[]): { scene: string; package: string } | null {
  const ordered = [...paths].sort((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b));
  for (const scene of ordered) {
    const can = packages.filter((one) => one.extensions.some((extension) => bare(extension) === ending(scene)));
    // Of several that read it, that which most hosts have.
    const best = can.sort((a, b) => b.hosts - a.hosts)[0];
    if (best) return { scene, package: best.name };
  }
  return null;
}

export const stem = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.[^.]+$/, '');
