// Frames of a step as far as somebody looked at them: fetched in bundles when they come in sight, kept while
// they stay in the same state.
import { get, part } from '../../lib/api/client.ts';
import type { Frame, Page } from '../../lib/api/types.ts';
import type { Cells } from '../../lib/grid/cells.ts';

interface Kept {
  kind: number;
  frame: Frame;
}

const MOST = 3000;
const BUNDLE = 100;

export class KnownFrames {
  private kept = $state.raw(new Map<number, Kept>());
  private wanted = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;

  constructor(
    private readonly job: string,
    private readonly cells: Cells,
  ) {}

  // State and whether it is warned; progress is in the cell itself.
  private kind(index: number): number {
    return (this.cells.bytes[index] ?? 0) & 15;
  }

  /** What is known of a frame now; it is asked for where that is nothing or old. */
  at(index: number): Frame | undefined {
    const kept = this.kept.get(index);
    if (kept?.kind !== this.kind(index)) {
      this.wanted.add(index);
      this.timer ??= setTimeout(() => void this.fetch(), 60);
    }
    return kept?.frame;
  }

  private async fetch(): Promise<void> {
    this.timer = undefined;
    if (this.busy || this.wanted.size === 0) return;
    this.busy = true;
    // What was asked for last is in sight now.
    const now = [...this.wanted].slice(-BUNDLE);
    const rest = [...this.wanted].slice(0, -BUNDLE).slice(-BUNDLE);
    this.wanted = new Set(rest);
    const kinds = new Map(now.map((index) => [index, this.kind(index)]));
    try {
      const query = { step: this.cells.name, numbers: this.cells.numbers(now), limit: 1000 };
      const page = await get<Page<Frame>>(`/jobs/${part(this.job)}/frames`, query);
      const next = this.kept.size > MOST ? new Map<number, Kept>() : new Map(this.kept);
      for (const frame of page.items) {
        const index = frame.index ?? this.cells.indexOf(frame.number);
        next.set(index, { kind: kinds.get(index) ?? 0, frame });
      }
      this.kept = next;
    } catch {
      // The stream says where the farm is away; scrolling asks again.
    }
    this.busy = false;
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.fetch(), 60);
  }

  end(): void {
    clearTimeout(this.timer);
    this.wanted.clear();
  }
}
