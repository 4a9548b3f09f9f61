import { type Dirent, type FSWatcher, lstatSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { type Clock, developmentLimits, type Log, type Timer } from "../base/index.ts";
import { Irrelevant } from "./irrelevant.ts";

export interface DirectoryWatchOptions {
  readonly root: string;
  /** Handlers that run from the root; what .gitignore names counts where one of them lies. */
  readonly handlers: () => readonly string[];
  /** Paths below the root, sorted. */
  readonly onChange: (paths: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Look at everything again and again instead of being told by the kernel. */
  readonly poll?: boolean;
}

/**
 * Follows the files below a directory. Each directory has one inotify watch, so that saving by renaming is noticed like
 * any other; what changed is told by the files themselves, not by events, so that a file which came and went, or was
 * only touched by an editor on the way, is no change. Without watches to be had it polls.
 */
export class DirectoryWatch {
  readonly #options: DirectoryWatchOptions;
  readonly #irrelevant: Irrelevant;
  readonly #watchers = new Map<string, FSWatcher>();
  /** What tells the contents of a file apart, by path below the root. */
  readonly #files = new Map<string, string>();
  readonly #dirty = new Set<string>();
  #polling: boolean;
  #told = false;
  #firstAt: number | undefined;
  #timer: Timer | undefined;
  #poll: Timer | undefined;
  #closed = false;

  constructor(options: DirectoryWatchOptions) {
    this.#options = options;
    this.#irrelevant = new Irrelevant(options.root, options.handlers);
    this.#polling = options.poll === true;
    this.#enter("", []);
    this.#pollLater();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#poll?.cancel();
    this.#unwatch();
  }

  /** Watches a directory before it reads it, so that nothing falls in between. */
  #enter(directory: string, changed: string[]): void {
    if (directory !== "" && !this.#irrelevant.enters(directory)) return;
    this.#watch(directory);
    for (const entry of this.#list(directory)) {
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) this.#enter(path, changed);
      else this.#look(path, changed);
    }
  }

  #list(directory: string): Dirent[] {
    try {
      return readdirSync(join(this.#options.root, directory), { withFileTypes: true });
    } catch {
      return [];
    }
  }

  #watch(directory: string): void {
    if (this.#polling || this.#watchers.has(directory)) return;
    try {
      if (this.#watchers.size >= developmentLimits.watchedDirectories)
        throw new Error("it has too many directories");
      const watcher = watch(join(this.#options.root, directory), { persistent: false }, (_, name) => {
        this.#touched(name === null ? directory : directory === "" ? name : `${directory}/${name}`);
      });
      watcher.on("error", () => this.#touched(directory));
      this.#watchers.set(directory, watcher);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return;
      this.#giveUpWatches(error as Error);
    }
  }

  #giveUpWatches(error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#options.log.warn("a directory is polled for changes", {
      directory: this.#options.root,
      reason:
        code === "ENOSPC" || code === "EMFILE"
          ? "the kernel has no watches left; raise fs.inotify.max_user_watches and max_user_instances"
          : error.message,
      everyMs: developmentLimits.pollMs,
    });
    this.#polling = true;
    this.#unwatch();
    this.#pollLater();
  }

  #unwatch(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #pollLater(): void {
    if (!this.#polling || this.#closed || this.#poll !== undefined) return;
    this.#poll = this.#options.clock.after(developmentLimits.pollMs, () => {
      this.#poll = undefined;
      const changed: string[] = [];
      this.#enter("", changed);
      for (const path of this.#files.keys()) this.#look(path, changed);
      this.#tell(changed);
      this.#pollLater();
    });
  }

  #touched(path: string): void {
    if (this.#closed || this.#polling) return;
    this.#dirty.add(path);
    const { clock } = this.#options;
    const now = clock.monotonicMs();
    this.#firstAt ??= now;
    this.#timer?.cancel();
    const leftMs = this.#firstAt + developmentLimits.settleMostMs - now;
    this.#timer = clock.after(Math.max(0, Math.min(developmentLimits.settleMs, leftMs)), () =>
      this.#settle(),
    );
  }

  #settle(): void {
    this.#firstAt = undefined;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    const changed: string[] = [];
    for (const path of dirty) {
      if (path.endsWith(".gitignore")) this.#irrelevant.forget();
      this.#look(path, changed);
    }
    this.#tell(changed);
  }

  /** Compares what is at a path with what was there. */
  #look(path: string, changed: string[]): void {
    const status = lstatSync(join(this.#options.root, path), { throwIfNoEntry: false, bigint: true });
    if (status?.isDirectory() === true) {
      if (this.#files.delete(path)) changed.push(path);
      this.#enter(path, changed);
      return;
    }
    if (status === undefined) {
      this.#gone(path, changed);
      return;
    }
    if (this.#irrelevant.has(path)) return;
    const known = this.#files.get(path);
    if (known === undefined && this.#files.size >= developmentLimits.watchedFiles) {
      this.#tooMany();
      return;
    }
    const print = `${status.ino} ${status.size} ${status.mtimeNs} ${status.mode}`;
    if (known === print) return;
    this.#files.set(path, print);
    changed.push(path);
  }

  #gone(path: string, changed: string[]): void {
    if (this.#files.delete(path)) changed.push(path);
    if (!this.#watchers.has(path) && !this.#polling) return;
    for (const [directory, watcher] of this.#watchers) {
      if (directory !== path && !directory.startsWith(`${path}/`)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const file of [...this.#files.keys()]) {
      if (file.startsWith(`${path}/`) && this.#files.delete(file)) changed.push(file);
    }
  }

  #tooMany(): void {
    if (this.#told) return;
    this.#told = true;
    const { root, log } = this.#options;
    log.warn("a directory has too many files to follow all", {
      directory: root,
      most: developmentLimits.watchedFiles,
    });
  }

  #tell(changed: readonly string[]): void {
    if (changed.length > 0 && !this.#closed) this.#options.onChange([...new Set(changed)].sort());
  }
}
