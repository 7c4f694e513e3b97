import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The farm that `npm run dev` shows: a real one, or the one that `npm run mock` plays.
const farm = process.env['FRAMEFARM_URL'] ?? 'http://127.0.0.1:7199';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  build: {
    target: 'es2022',
    // The page is served with a policy that allows no inline script; the polyfill would be one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // What most pages share is one file: a browser asks for few at a time.
        manualChunks: (id) => (/\/src\/lib\/(?!grid\/)|\/node_modules\/(svelte|esm-env|clsx)\//.test(id) ? 'shell' : undefined),
      },
    },
  },
  // The farm sees the address of the page, as it does where it serves the page itself.
  server: { proxy: { '/api': { target: farm } } },
  preview: { proxy: { '/api': { target: farm } } },
});
