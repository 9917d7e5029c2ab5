// Builds what the server embeds: each entry alone, with a hash of its content in its name.
import { existsSync } from "node:fs";
import { defineConfig } from "vite";

const entries = [
  "style.css",
  "page.ts",
  "upload.ts",
  "job.ts",
  "try-it.ts",
  "volume-viewer.ts",
  "slide-viewer.ts",
  "chart.ts",
  "template.ts",
  "socket-form.ts",
];

export default defineConfig({
  build: {
    manifest: true,
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: entries.map((entry) => `src/${entry}`).filter((path) => existsSync(path)),
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
