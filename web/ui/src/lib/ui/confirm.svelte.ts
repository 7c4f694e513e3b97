// "Do you really want to?", asked of what destroys, with how much of it.
export interface Question {
  title: string;
  text?: string;
  /** What will be lost or changed, a line each. */
  lines?: string[];
  /** The word on the button: `Kill 12 jobs`. */
  verb: string;
  danger?: boolean;
}

class Asking {
  now = $state.raw<Question | null>(null);
  private tell: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.answer(false);
    this.now = question;
    return new Promise((tell) => (this.tell = tell));
  }

  answer(yes: boolean): void {
    this.now = null;
    const tell = this.tell;
    this.tell = null;
    tell?.(yes);
  }
}

export const asking = new Asking();

/** True where the person said yes. */
export const confirmed = (question: Question): Promise<boolean> => asking.ask(question);
