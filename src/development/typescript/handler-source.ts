import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";

const SOURCES = [".ts", ".mts", ".cts", ".tsx"];
const READY = [".js", ".mjs", ".cjs", ""];

/** A handler's module that has to be built first. */
export interface HandlerSource {
  /** Below the directory, with its extension. */
  readonly file: string;
  /** Without it: where the runtime looks for the module. */
  readonly module: string;
  readonly format: "esm" | "cjs";
}

/** Undefined where the runtime finds something to run already, or there is nothing to build. */
export function handlerSource(directory: string, handler: string): HandlerSource | undefined {
  const slash = handler.lastIndexOf("/") + 1;
  const dot = handler.indexOf(".", slash);
  if (dot <= slash) return undefined;
  const module = normalize(handler.slice(0, dot));
  if (module.startsWith("..") || module.startsWith("/")) return undefined;
  if (READY.some((extension) => existsSync(join(directory, module + extension)))) return undefined;
  const extension = SOURCES.find((candidate) => existsSync(join(directory, module + candidate)));
  if (extension === undefined) return undefined;
  const file = module + extension;
  return { file, module, format: formatOf(directory, file) };
}

/** As Node.js decides it: by the extension, else by the nearest package.json. */
function formatOf(directory: string, file: string): "esm" | "cjs" {
  const extension = extname(file);
  if (extension === ".mts") return "esm";
  if (extension === ".cts") return "cjs";
  for (let below = dirname(file); ; below = dirname(below)) {
    try {
      const text = readFileSync(join(directory, below, "package.json"), "utf8");
      return (JSON.parse(text) as { type?: unknown }).type === "module" ? "esm" : "cjs";
    } catch {
      if (below === "." || below === "/") return "cjs";
    }
  }
}
