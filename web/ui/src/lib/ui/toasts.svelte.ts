// Short words on what became of a deed.
import { problemOf } from '../api/client.ts';

export interface Toast {
  id: number;
  kind: 'good' | 'bad' | 'plain';
  text: string;
  hint?: string;
  undo?: () => void;
}

class Toasts {
  list = $state.raw<Toast[]>([]);
  private next = 1;

  add(kind: Toast['kind'], text: string, rest: { hint?: string | undefined; undo?: () => void } = {}): void {
    const id = this.next++;
    const toast: Toast = { id, kind, text, ...(rest.hint && { hint: rest.hint }), ...(rest.undo && { undo: rest.undo }) };
    this.list = [...this.list.slice(-3), toast];
    setTimeout(() => this.drop(id), kind === 'bad' ? 12_000 : 5000);
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
export const said = (text: string, undo?: () => void): void => toasts.add('good', text, undo ? { undo } : {});

/** Shows what went wrong with a deed. */
export function complain(error: unknown, what = ''): void {
  const problem = problemOf(error);
  toasts.add('bad', what ? `${what}: ${problem.title}` : problem.title, { hint: problem.hint });
}

/** Does something and says what became of it; true where it went well. */
export async function attempt(what: string, deed: () => Promise<unknown>): Promise<boolean> {
  try {
    await deed();
    said(what);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
