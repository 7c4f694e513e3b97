// A job that is being made: its files, its words, and what the farm says of it so far.
import { get, newKey, part, post, problemOf } from '../../lib/api/client.ts';
import type { Fault, Problem } from '../../lib/api/types.ts';
import { describe, descriptionIn, sceneIn, stem, type PackageInfo, type PackageName, type Words } from '../../lib/submit/describe.ts';
import { placed, type Dropped } from '../../lib/submit/files.ts';
import { Sending } from '../../lib/submit/sending.svelte.ts';

export interface DraftFault extends Fault {
  field?: string;
}

interface Draft {
  job: Record<string, unknown> | null;
  faults: DraftFault[];
  warnings: DraftFault[];
}

interface Tried {
  faults: DraftFault[];
  warnings?: (DraftFault | string)[];
  matching_hosts?: number;
  of?: number;
}

export class JobDraft {
  sending = new Sending();
  /** The description that was dropped, where one was; else the form is what counts. */
  written = $state<{ name: string; text: string } | null>(null);
  words = $state<Words>({});
  settings = $state<Words>({});
  packages = $state.raw<PackageName[]>([]);
  info = $state.raw<PackageInfo | null>(null);

  faults = $state.raw<DraftFault[]>([]);
  warnings = $state.raw<DraftFault[]>([]);
  hosts = $state.raw<{ matching: number; of: number } | null>(null);
  problem = $state.raw<Problem | null>(null);
  checking = $state(false);
  /** What was said is of what is here now. */
  checked = $state(false);
  job = $state.raw<Record<string, unknown> | null>(null);
  submitting = $state(false);

  private turn = 0;
  private stop = new AbortController();
  /** The same job however often it is sent. */
  private key = newKey();

  readonly begun = $derived(this.sending.files.length > 0 || this.written !== null);
  readonly text = $derived(this.written?.text ?? describe(this.words, this.settings, this.types()));
  readonly good = $derived(this.checked && this.faults.length === 0 && this.job !== null && !this.problem);

  private types(): Record<string, string> {
    return Object.fromEntries((this.info?.settings ?? []).map((one) => [one.name, one.type]));
  }

  async begin(): Promise<void> {
    this.packages = await get<PackageName[]>('/package-names').catch(() => []);
  }

  async take(files: readonly Dropped[]): Promise<void> {
    const all = placed([...this.sending.files.map(({ path, file }) => ({ path, file })), ...files]);
    const description = descriptionIn(all.map(({ path }) => path));
    const own = all.find(({ path }) => path === description);
    if (own) this.written = { name: own.path, text: await own.file.text() };
    this.sending.take(all.filter(({ path }) => path !== description));
    if (!this.written) this.guess();
  }

  drop(path: string): void {
    this.sending.take(this.sending.files.filter((one) => one.path !== path));
    if (this.words['scene'] === path) this.words['scene'] = '';
  }

  private guess(): void {
    if (this.words['scene']) return;
    const paths = this.sending.files.map((one) => one.path);
    const found = sceneIn(paths, this.packages);
    const scene = found?.scene ?? (paths.length === 1 ? paths[0] : undefined);
    if (!scene) return;
    this.words['scene'] = scene;
    this.words['name'] ||= stem(scene);
    this.words['frames'] ||= '1';
    if (found) void this.choose(found.package);
  }

  /** What the settings of a package are; a farm that cannot say has none. */
  async choose(name: string): Promise<void> {
    this.words['package'] = name;
    const info = name ? await get<PackageInfo>(`/packages/${part(name)}`).catch(() => null) : null;
    if (this.words['package'] !== name) return;
    this.info = info;
    const known = new Set(info?.settings.map((one) => one.name));
    this.settings = Object.fromEntries(Object.entries(this.settings).filter(([setting]) => known.has(setting)));
  }

  /** Has the farm say what is wrong with it. Nothing is sent but words. */
  async check(): Promise<void> {
    const turn = ++this.turn;
    this.checking = true;
    try {
      const files = this.sending.files.map(({ path, file, digest }) => ({ path, bytes: file.size, ...(digest && { digest }) }));
      const body = { name: this.written?.name ?? 'job.json', text: this.text, files };
      const draft = await post<Draft>('/drafts', body);
      if (turn !== this.turn) return;
      this.faults = draft.faults;
      this.warnings = draft.warnings;
      this.job = draft.job;
      this.problem = null;
      if (draft.job) await this.tryOut(draft, turn);
    } catch (error) {
      if (turn === this.turn) this.problem = problemOf(error);
    } finally {
      if (turn === this.turn) {
        this.checking = false;
        this.checked = true;
      }
    }
  }

  /** Asks whether the farm would take it, and which hosts could render it. */
  private async tryOut(draft: Draft, turn: number): Promise<void> {
    try {
      const tried = await post<Tried>('/jobs?dry_run=true', { key: this.key, description: draft.job });
      if (turn !== this.turn) return;
      const more = (tried.warnings ?? []).map((one) => (typeof one === 'string' ? { place: '', what: one } : one));
      this.warnings = [...draft.warnings, ...more];
      this.hosts = tried.of === undefined ? null : { matching: tried.matching_hosts ?? 0, of: tried.of };
    } catch (error) {
      const problem = problemOf(error);
      if (turn !== this.turn) return;
      if (problem.faults?.length) this.faults = problem.faults;
      else this.problem = problem;
      this.hosts = null;
    }
  }

  /** Sends what is missing and then the job; its number. */
  async submit(): Promise<string> {
    this.submitting = true;
    this.stop = new AbortController();
    try {
      await this.sending.send(this.stop.signal);
      const made = await post<{ id: string | number }>('/jobs', { key: this.key, description: this.job });
      return String(made.id);
    } finally {
      this.submitting = false;
    }
  }

  end(): void {
    this.turn += 1;
    this.stop.abort();
    this.sending.end();
  }
}
