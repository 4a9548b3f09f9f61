export { LocalDirectories } from "./local-directories.ts";
