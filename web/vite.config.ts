/** How the web UI is built: into dist/web, under /web/, with nothing inline, so that the strictest content policy fits. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/web/',
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'third-party-notices.md' },
  },
  // `npx vite web` while a proxy runs on this machine.
  server: { proxy: { '/v1': { target: 'https://localhost:3080', secure: false } } },
})
