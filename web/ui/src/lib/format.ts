// Numbers and times as people read them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(amount: number | null | undefined): string {
  if (amount === null || amount === undefined || !Number.isFinite(amount)) return '–';
  let rest = Math.max(0, amount);
  let unit = 0;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : 1;
  return `${rest.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

/** `1,234` */
export function count(number: number | null | undefined): string {
  if (number === null || number === undefined) return '–';
  return String(Math.trunc(number)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 frame`, `12 frames` */
export const counted = (number: number, what: string, many = `${what}s`): string =>
  `${count(number)} ${number === 1 ? what : many}`;

/** How long, in its two largest units: `2 d 4 h`, `3 h 05 min`, `4 min 20 s`, `1.2 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(1).replace(/\.0$/, '')} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(s / 3600);
  return `${count(Math.floor(hours / 24))} d ${hours % 24} h`;
}

/** Roughly how long: `2 d`, `3 h`, `4 min`, `20 s`. */
export function rough(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`;
  return `${count(Math.round(s / 86_400))} d`;
}

export const ago = (then: number | null | undefined, now: number): string =>
  then ? (now - then < 5000 ? 'now' : `${rough(now - then)} ago`) : '–';

const two = (n: number) => String(n).padStart(2, '0');

/** `14:05:09`; `4 Jan 14:05` where it is another day. */
export function clock(ms: number | null | undefined, now = Date.now()): string {
  if (!ms) return '–';
  const then = new Date(ms);
  const time = `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`;
  return then.toDateString() === new Date(now).toDateString() ? time : `${day(then, now)} ${time.slice(0, 5)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function day(date: Date, now: number): string {
  const year = date.getFullYear() === new Date(now).getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()]}${year}`;
}

/** The whole time, for tooltips. */
export const exact = (ms: number | null | undefined): string => (ms ? new Date(ms).toLocaleString() : '');

/** When it will be done and how sure that is: `14:20, in 12 to 18 min`. */
export function expected(eta: { at: number; low: number; high: number }, now: number): string {
  // Seconds matter of what is near.
  const at = clock(eta.at, now).replace(/(:\d\d):\d\d$/, (all, minutes: string) => (eta.at - now > 600_000 ? minutes : all));
  const low = rough(eta.low - now);
  const high = rough(eta.high - now);
  if (eta.high <= now) return 'any moment';
  if (low === high) return `${at}, in ${high}`;
  const unit = high.split(' ')[1];
  return `${at}, in ${low.split(' ')[1] === unit ? low.split(' ')[0] : low} to ${high}`;
}

/** `74%`; never 100% before it is. */
export const percent = (permille: number): string => `${Math.floor(Math.max(0, permille) / 10)}%`;

/** Cores of processor use: 1500 is `1.5 cores`. */
export const cores = (permille: number): string => {
  const told = (permille / 1000).toFixed(permille < 10_000 ? 1 : 0).replace(/\.0$/, '');
  return `${told} ${told === '1' ? 'core' : 'cores'}`;
};

/** What was spent, as hours of one processor core. */
export const coreHours = (ms: number): string => {
  const hours = ms / 3_600_000;
  return hours < 1 ? duration(ms) : `${hours < 100 ? hours.toFixed(1) : count(hours)} core hours`;
};
