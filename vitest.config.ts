/** Tests of the default command: no network beyond loopback, no peer software. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'marble-tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/interop/**'],
    setupFiles: ['test/seed.ts'],
    isolate: false,
    maxWorkers: '100%', // the default leaves a core idle: half of a small machine
    testTimeout: 60_000,
  },
})
