// The performance session of the page: a job of 100,000 frames with 2,000 changes a second, 5,000 jobs and
// 10,000 hosts that are scrolled, the first paint. Starts the played farm itself; dist has to be built.
// `node dev/perf.mjs` prints a table; docs/performance.md keeps what came out.
import { spawn } from 'node:child_process';

import { chromium } from 'playwright-core';

const port = 7197;
const url = `http://127.0.0.1:${port}`;
const farm = spawn(process.execPath, [new URL('mock.mjs', import.meta.url).pathname, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((ready) => farm.stdout.once('data', ready));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const rows = [];
const ms = (value) => `${value.toFixed(1)} ms`;
const at = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;
const tell = (what, values, unit = ms) =>
  rows.push({ what, median: unit(at(values, 0.5)), p95: unit(at(values, 0.95)), most: unit(Math.max(...values)), n: values.length });

async function page(path) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.draws = [];
    new PerformanceObserver((list) => window.draws.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'measure' });
    new MutationObserver(() => {
      if (!window.first && document.querySelector('[role=row] a')) window.first = performance.now();
    }).observe(document, { subtree: true, childList: true });
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
  });
  await page.goto(url + path);
  return page;
}

// First paint and first row, with nothing kept from before.
const paints = [];
const useful = [];
for (let i = 0; i < 5; i += 1) {
  const one = await page('/jobs');
  await one.waitForSelector('[role=row] a');
  useful.push(await one.evaluate(() => window.first));
  paints.push(await one.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN));
  await one.context().close();
}
tell('first contentful paint', paints);
tell('first rows of jobs are shown', useful);

// The grid, while 2,000 frames a second change.
const grid = await page('/jobs/1');
await grid.waitForSelector('canvas');
await grid.waitForTimeout(2000);
await grid.evaluate(() => (window.draws.length = window.long.length = 0));
await grid.waitForTimeout(15_000);
tell('a draw of 100,000 frames, 2,000 changes/s', await grid.evaluate(() => window.draws));
rows.push({ what: 'tasks over 50 ms in these 15 s', n: await grid.evaluate(() => window.long.length) });
const heap = () => grid.evaluate(() => performance.memory.usedJSHeapSize / 2 ** 20);
rows.push({ what: 'memory of the page then', most: `${(await heap()).toFixed(0)} MiB` });
await grid.keyboard.press('Tab');
await grid.locator('canvas').focus();
await grid.evaluate(() => (window.draws.length = 0));
for (let i = 0; i < 6; i += 1) {
  await grid.keyboard.press('+');
  await grid.waitForTimeout(150);
}
tell('a draw while zooming in', await grid.evaluate(() => window.draws));
await grid.context().close();

// Lists, scrolled for five seconds: the time from one frame of the screen to the next, the same without scrolling
// (what the machine makes of it), and the processor time that the page itself takes for a frame.
async function scrolled(path, what, by = 120) {
  const one = await page(path);
  await one.waitForSelector('[role=row] a');
  await one.waitForTimeout(1500);
  const cdp = await one.context().newCDPSession(one);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => (await cdp.send('Performance.getMetrics')).metrics.find((metric) => metric.name === 'TaskDuration').value * 1000;
  const before = await spent();
  const gaps = await one.evaluate(async (by) => {
    const list = document.querySelector('[role=grid]');
    const gaps = [];
    let last = performance.now();
    const end = last + 5000;
    while (last < end) {
      // 7,200 pixels a second at 60 frames: as fast as a wheel is turned.
      list.scrollTop += by;
      if (list.scrollTop + list.clientHeight >= list.scrollHeight - 2) list.scrollTop = 0;
      const now = await new Promise(requestAnimationFrame);
      const then = performance.now();
      gaps.push(then - last);
      last = then;
      void now;
    }
    return gaps;
  }, by);
  tell(what, gaps);
  rows.push({ what: `  processor time a frame`, median: ms(((await spent()) - before) / gaps.length), n: gaps.length });
  await one.context().close();
}
await scrolled('/jobs?queue=done', 'frame to frame, nothing scrolled', 0);
await scrolled('/jobs?queue=done', 'frame to frame, 4,060 jobs scrolled');
await scrolled('/hosts', 'frame to frame, 10,000 hosts scrolled');

console.table(rows);
await browser.close();
farm.kill();
