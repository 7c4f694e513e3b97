// Light or dark: as the system says, unless the person says otherwise.
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'framefarm.theme';

function kept(): Theme {
  try {
    const told = localStorage.getItem(KEY);
    return told === 'light' || told === 'dark' ? told : 'system';
  } catch {
    return 'system';
  }
}

class ThemeChoice {
  now = $state<Theme>(kept());
  /** Grows whenever colours have changed, so that canvases are drawn anew. */
  turns = $state(0);

  constructor() {
    this.show();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (this.turns += 1));
  }

  choose(theme: Theme): void {
    this.now = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice ends with the page.
    }
    this.show();
    this.turns += 1;
  }

  private show(): void {
    const root = document.documentElement;
    if (this.now === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.now;
  }
}

export const theme = new ThemeChoice();

/** The colour that a token has now, as the canvas wants it. */
export function colourOf(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
