// A word on what something is, shown while it is hovered or has the focus. What it says is never the only
// way to know it: who cannot see it has the label.
import type { Attachment } from 'svelte/attachments';

let bubble: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function hide(): void {
  clearTimeout(timer);
  bubble?.remove();
  bubble = null;
}

function show(at: Element, text: string): void {
  hide();
  bubble = document.createElement('div');
  bubble.className = 'tip';
  bubble.setAttribute('aria-hidden', 'true');
  bubble.textContent = text;
  (at.closest('dialog') ?? document.body).append(bubble);
  const place = at.getBoundingClientRect();
  const own = bubble.getBoundingClientRect();
  const below = place.bottom + own.height + 10 < innerHeight;
  const left = Math.min(Math.max(6, place.left + (place.width - own.width) / 2), innerWidth - own.width - 6);
  bubble.style.left = `${left}px`;
  bubble.style.top = `${below ? place.bottom + 6 : place.top - own.height - 6}px`;
}

export function tip(text: string | null | undefined): Attachment<Element> | undefined {
  if (!text) return undefined;
  return (at) => {
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => show(at, text), 350);
    };
    const focus = () => at.matches(':focus-visible') && soon();
    at.addEventListener('pointerenter', soon);
    at.addEventListener('focus', focus);
    for (const end of ['pointerleave', 'blur', 'pointerdown', 'keydown']) at.addEventListener(end, hide);
    return () => {
      hide();
      at.removeEventListener('pointerenter', soon);
      at.removeEventListener('focus', focus);
      for (const end of ['pointerleave', 'blur', 'pointerdown', 'keydown']) at.removeEventListener(end, hide);
    };
  };
}
