import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const frontend = new URL("../custom_components/homesec/frontend/", import.meta.url);

/** Removes indentation, which minified code contains only in templates, where it has no meaning. */
const unindented: Plugin = {
  name: "unindented",
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === "chunk") chunk.code = chunk.code.replace(/\n\s+/g, "\n");
    }
  },
};

// A module with hls.js beside it, the same bytes on every machine: `script/panel check` compares it with what is committed.
export default defineConfig(({ command }) => ({
  root: command === "serve" ? "test/page" : ".",
  build: {
    target: "es2022",
    outDir: process.env["HOMESEC_PANEL_OUT"] ?? fileURLToPath(frontend),
    emptyOutDir: false,
    copyPublicDir: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: fileURLToPath(new URL("src/homesec-panel.ts", import.meta.url)),
      // hls.js is a file of its own, which is loaded only where a browser needs it.
      output: {
        format: "es",
        entryFileNames: "homesec-panel.js",
        chunkFileNames: "homesec-hls.js",
      },
    },
  },
  plugins: [unindented],
  esbuild: { legalComments: "none" },
  test: { root: ".", include: ["test/**/*.test.ts"], environment: "node" },
}));
