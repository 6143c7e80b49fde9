import { defineConfig } from 'vitest/config';
import { readFileSync } from 'node:fs';

const version = /^\[workspace\.package\][^[]*?^version = "([^"]+)"/ms.exec(
  readFileSync(new URL('../Cargo.toml', import.meta.url), 'utf8'),
)?.[1];
if (!version) throw new Error('no version in Cargo.toml');

export default defineConfig({
  define: { 'import.meta.env.VISAVIS_VERSION': JSON.stringify(version) },
  clearScreen: false,
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // The limit only ends a test that hangs: on a busy computer each takes as long as it takes.
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
