#!/usr/bin/env node
"use strict";

var fs = require("fs");
var path = require("path");

// A checkout runs from its sources; the package has none.
var source = path.join(__dirname, "..", "src", "cli", "main.ts");
var compiled = path.join(__dirname, "..", "dist", "cli", "main.js");

void require("./launch.cjs").launch(fs.existsSync(source) ? source : compiled, process.argv.slice(2));
