// A line of a small form.
export interface Line {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  type?: 'text' | 'password' | 'number';
  required?: boolean;
  /** Value and what it is called. */
  choices?: [string, string][];
}

/** How long things are good, as choices. */
export const SPANS: [string, string][] = [
  ['600', '10 minutes'], ['3600', '1 hour'], ['86400', '1 day'], ['604800', '7 days'], ['2592000', '30 days'], ['7776000', '90 days'],
];

export const SERVICES: [string, string][] = [['render', 'render servers'], ['render,resource', 'render and resource servers']];
