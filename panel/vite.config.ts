import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const frontend = new URL("../custom_components/homesec/frontend/", import.meta.url);

// One module, the same bytes on every machine: `script/panel check` compares it with what is committed.
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
      output: { format: "es", entryFileNames: "homesec-panel.js", inlineDynamicImports: true },
    },
  },
  esbuild: { legalComments: "none" },
  test: { root: ".", include: ["test/**/*.test.ts"], environment: "node" },
}));
