// Plays pictures one after the other as a flip-book. Pictures are fetched a little ahead and forgotten a little
// behind, so that a film of any length fits into memory.

/** How many pictures are kept, those ahead first. */
const AHEAD = 36;
const BEHIND = 12;
const AT_ONCE = 6;

export class Player {
  at = $state(0);
  playing = $state(false);
  fps = $state(24);
  loop = $state(true);
  /** Grows when a picture has come. */
  arrivals = $state(0);
  /** How many of those ahead are here. */
  ready = $state(0);

  private bitmaps = new Map<number, ImageBitmap | 'coming' | 'missing'>();
  private coming = 0;
  private timer = 0;
  private due = 0;
  private ended = false;

  constructor(
    readonly length: number,
    /** The address of a picture, null where it is not known yet. */
    private readonly address: (at: number) => string | null,
  ) {}

  /** The picture at a place, where it is here. */
  bitmap(at: number): ImageBitmap | null {
    const kept = this.bitmaps.get(at);
    return kept instanceof ImageBitmap ? kept : null;
  }

  failed(at: number): boolean {
    return this.bitmaps.get(at) === 'missing';
  }

  go(to: number): void {
    this.at = Math.min(Math.max(0, to), this.length - 1);
    this.fill();
  }

  step(by: number): void {
    this.playing = false;
    const to = this.at + by;
    this.go(this.loop ? (to + this.length) % this.length : to);
  }

  play(on: boolean): void {
    this.playing = on && this.length > 1;
    if (this.playing && !this.loop && this.at === this.length - 1) this.at = 0;
    this.due = performance.now();
    cancelAnimationFrame(this.timer);
    if (this.playing) this.timer = requestAnimationFrame((now) => this.tick(now));
    this.fill();
  }

  /** Exposure or width changed: all pictures are other ones. */
  renew(): void {
    this.drop(() => true);
    this.fill();
  }

  end(): void {
    this.ended = true;
    this.playing = false;
    cancelAnimationFrame(this.timer);
    this.drop(() => true);
  }

  private tick(now: number): void {
    if (!this.playing || this.ended) return;
    const next = this.at + 1 < this.length ? this.at + 1 : this.loop ? 0 : -1;
    if (next < 0) {
      this.playing = false;
      return;
    }
    // A picture that is not here yet holds the film up rather than being left out.
    if (now >= this.due && (this.bitmap(next) || this.failed(next))) {
      this.at = next;
      this.due = Math.max(this.due + 1000 / this.fps, now - 50);
      this.fill();
    }
    this.timer = requestAnimationFrame((then) => this.tick(then));
  }

  fill(): void {
    if (this.ended) return;
    this.drop((at) => {
      const ahead = (at - this.at + this.length) % this.length;
      return ahead > AHEAD && this.length - ahead > BEHIND;
    });
    let ready = 0;
    for (let n = 0; n < Math.min(this.length, this.playing ? AHEAD : 3); n += 1) {
      const at = (this.at + n) % this.length;
      const kept = this.bitmaps.get(at);
      if (kept instanceof ImageBitmap) ready += 1;
      else if (!kept && this.coming < AT_ONCE) void this.fetch(at);
    }
    this.ready = ready;
  }

  private async fetch(at: number): Promise<void> {
    const address = this.address(at);
    if (!address) return;
    this.bitmaps.set(at, 'coming');
    this.coming += 1;
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(String(response.status));
      const bitmap = await createImageBitmap(await response.blob());
      // Asked for anew or left behind meanwhile: nobody wants it.
      if (this.bitmaps.get(at) !== 'coming' || this.address(at) !== address || this.ended) bitmap.close();
      else this.bitmaps.set(at, bitmap);
    } catch {
      if (this.bitmaps.get(at) === 'coming') this.bitmaps.set(at, 'missing');
    }
    this.coming -= 1;
    this.arrivals += 1;
    this.fill();
  }

  private drop(old: (at: number) => boolean): void {
    for (const [at, kept] of this.bitmaps) {
      if (!old(at)) continue;
      if (kept instanceof ImageBitmap) kept.close();
      this.bitmaps.delete(at);
    }
  }
}
