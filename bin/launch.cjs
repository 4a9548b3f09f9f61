// Starts a TypeScript entry of the checkout on a Node.js that can run it. Written in plain old syntax on
// purpose: this file must parse on whatever Node.js the machine has, to be able to say what is missing.
"use strict";

var path = require("path");

var NEEDED_MAJOR = 24;

function bundledNode() {
  var name = "node-" + process.platform + "-" + process.arch;
  try {
    return path.join(path.dirname(require.resolve(name + "/package.json")), "bin", "node");
  } catch (_) {
    return undefined;
  }
}

function refuse() {
  process.stderr.write(
    "lambkin needs Node.js " +
      NEEDED_MAJOR +
      " or later and this is " +
      process.version +
      ": install Node.js " +
      NEEDED_MAJOR +
      (require("fs").existsSync(path.join(__dirname, "..", "src"))
        ? ", or run `npm ci` in the checkout, which brings one for Linux on x64 and arm64"
        : "") +
      ".\n",
  );
  process.exit(1);
}

function runInChild(node, entry, argv) {
  // The channel carries nothing; its closing tells the child that this launcher is gone.
  var child = require("child_process").spawn(node, [entry].concat(argv), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: Object.assign({}, process.env, { LAMBKIN_LAUNCHER: String(process.pid) }),
  });
  ["SIGINT", "SIGTERM", "SIGHUP"].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on("error", function (error) {
    process.stderr.write("lambkin: " + node + " could not be started: " + error.message + "\n");
    process.exit(1);
  });
  child.on("exit", function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exit(code === null ? 1 : code);
    }
  });
}

/** In the user's own cache: whoever could write to the code in a shared directory could run it as this user. */
function enableCompileCache() {
  try {
    var home = process.env.XDG_CACHE_HOME || path.join(require("os").homedir(), ".cache");
    require("module").enableCompileCache(
      process.env.NODE_COMPILE_CACHE || path.join(home, "lambkin", "compiled"),
    );
  } catch (_) {
    // Without a home there is no cache; everything only starts slower.
  }
}

/** Runs `entry` (an absolute path) with `argv`, in this process if it can, else on the checkout's own Node.js. */
function launch(entry, argv) {
  var major = Number(process.versions.node.split(".")[0]);
  if (major >= NEEDED_MAJOR) {
    enableCompileCache();
    process.argv = [process.execPath, entry].concat(argv);
    return import(require("url").pathToFileURL(entry).href);
  }
  var node = bundledNode();
  if (node === undefined) return refuse();
  return runInChild(node, entry, argv);
}

module.exports = { launch: launch };

if (require.main === module) {
  var target = process.argv[2];
  if (target === undefined) {
    process.stderr.write("usage: node bin/launch.cjs ENTRY [ARG ...]\n");
    process.exit(2);
  }
  void launch(path.resolve(target), process.argv.slice(3));
}
