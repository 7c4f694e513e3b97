// Keys that do something. Each is told in the help that `?` shows.
import { untrack } from 'svelte';

export interface Key {
  /** One key, `j`, or two one after the other, `g j`; `Shift+` and `Ctrl+` before one. */
  keys: string;
  what: string;
  /** Absent where a list does it itself and it is only told here. */
  run?: (event: KeyboardEvent) => void;
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

function spoken(event: KeyboardEvent): string {
  const long = event.key.length > 1;
  const shift = event.shiftKey && long ? 'Shift+' : '';
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${shift}${event.key === ' ' ? 'Space' : event.key}`;
}

class Keys {
  groups = $state.raw<{ title: string; keys: Key[] }[]>([]);
  help = $state(false);
  private first = '';
  private firstAt = 0;

  constructor() {
    addEventListener('keydown', (event) => this.press(event));
  }

  /** Keys of a page or part; what comes back takes them away again. */
  add(title: string, keys: Key[]): () => void {
    const group = { title, keys };
    // Called in effects, which must not depend on who else has keys.
    this.groups = [...untrack(() => this.groups), group];
    return () => (this.groups = untrack(() => this.groups).filter((other) => other !== group));
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || typing(event.target) || document.querySelector('dialog[open]')) return;
    const now = spoken(event);
    const two = event.timeStamp - this.firstAt < 1200 ? `${this.first} ${now}` : '';
    this.first = now;
    this.firstAt = event.timeStamp;
    // The newest group goes first: a page's keys before those of the frame around it.
    const all = this.groups.toReversed().flatMap((group) => group.keys);
    const key = all.find((key) => key.keys === two) ?? all.find((key) => key.keys === now);
    if (!key?.run) return;
    event.preventDefault();
    this.first = '';
    key.run(event);
  }
}

export const keys = new Keys();
