// Writes .br and .gz beside each file of dist that is worth it, and says how large the page is. The server
// sends these as they are.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist', import.meta.url).pathname;
const worth = /\.(html|js|css|svg|json|txt)$/;

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

let plain = 0;
let brotli = 0;
let gzip = 0;
for (const path of [...files(dist)].filter((path) => worth.test(path))) {
  const bytes = readFileSync(path);
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const zipped = gzipSync(bytes, { level: 9 });
  writeFileSync(`${path}.br`, small);
  writeFileSync(`${path}.gz`, zipped);
  plain += bytes.length;
  brotli += small.length;
  gzip += zipped.length;
}
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`whole page: ${kb(plain)} plain, ${kb(gzip)} gzip, ${kb(brotli)} brotli`);
// A bound, so that the page does not grow unseen.
if (brotli > 300_000) {
  console.error('the page is larger than 300 kB compressed');
  process.exit(1);
}
