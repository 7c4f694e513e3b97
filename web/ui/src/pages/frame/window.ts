// A part of a log of any length: pieces that begin and end at lines, fetched where one looks, forgotten where
// one does not.

export interface Piece {
  /** Bytes of the log before it. */
  from: number;
  /** Bytes of the log up to its end. */
  to: number;
  lines: string[];
  /** Whether its last line goes on. */
  open: boolean;
}

export interface Fetched {
  from: number;
  bytes: Uint8Array;
  /** Bytes of the whole log when it was fetched. */
  length: number;
}

const NEWLINE = 10;
const LINE_MOST = 4000;
// Colours and movements of a terminal say nothing here.
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[@-_]/g;

/** A line as it is shown: what a terminal would show at its end, and not endless. */
export function shown(line: string): string {
  const plain = line.replace(ESCAPES, '').replace(/\r+$/, '');
  const last = plain.slice(plain.lastIndexOf('\r') + 1);
  return last.length > LINE_MOST ? `${last.slice(0, LINE_MOST)} … (${last.length} characters)` : last;
}

/** What was fetched as a piece of whole lines. A line that is cut off at its front is left out where `front`, one
    at its end is kept only where it is the end of the log. */
export function piece({ from, bytes, length }: Fetched, front: boolean): Piece {
  let begin = 0;
  if (front && from > 0) {
    const first = bytes.indexOf(NEWLINE);
    // A piece within one endless line: it is shown as it is.
    begin = first < 0 ? 0 : first + 1;
  }
  let end = bytes.length;
  if (from + bytes.length < length) {
    const last = bytes.lastIndexOf(NEWLINE);
    if (last >= begin) end = last + 1;
  }
  const text = new TextDecoder().decode(bytes.subarray(begin, end));
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const open = end > begin && bytes[end - 1] !== NEWLINE;
  return { from: from + begin, to: from + end, lines: lines.map(shown), open };
}

export class LogWindow {
  pieces: Piece[] = [];
  length = 0;

  constructor(readonly most = 60_000) {}

  get from(): number {
    return this.pieces[0]?.from ?? 0;
  }
  get to(): number {
    return this.pieces.at(-1)?.to ?? 0;
  }
  get atStart(): boolean {
    return this.pieces.length > 0 && this.from === 0;
  }
  get atEnd(): boolean {
    return this.to >= this.length;
  }
  get lines(): string[] {
    return this.pieces.flatMap((one) => one.lines);
  }

  /** Begins anew somewhere else. */
  begin(got: Fetched): void {
    this.length = got.length;
    this.pieces = [piece(got, true)];
  }

  /** Adds what comes after; the number of lines that were forgotten at the front. */
  after(got: Fetched): number {
    this.length = Math.max(this.length, got.length);
    if (got.from !== this.to || got.bytes.length === 0) return 0;
    const next = piece(got, false);
    const last = this.pieces.at(-1);
    // The log ended in the midst of a line, which goes on here.
    if (last?.open) last.lines.push(shown(`${last.lines.pop() ?? ''}${next.lines.shift() ?? ''}`));
    this.pieces.push(next);
    return this.forget('front');
  }

  /** Adds what comes before; the number of lines that were added. */
  before(got: Fetched): number {
    this.length = Math.max(this.length, got.length);
    if (got.from + got.bytes.length !== this.from || got.bytes.length === 0) return 0;
    const first = piece(got, true);
    this.pieces.unshift(first);
    this.forget('back');
    return first.lines.length;
  }

  private forget(where: 'front' | 'back'): number {
    let lines = this.pieces.reduce((sum, one) => sum + one.lines.length, 0);
    let forgotten = 0;
    while (this.pieces.length > 1 && lines > this.most) {
      const gone = where === 'front' ? this.pieces.shift() : this.pieces.pop();
      lines -= gone?.lines.length ?? 0;
      forgotten += gone?.lines.length ?? 0;
    }
    return forgotten;
  }
}
