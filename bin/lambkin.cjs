#!/usr/bin/env node
"use strict";

var path = require("path");

void require("./launch.cjs").launch(
  path.join(__dirname, "..", "src", "cli", "main.ts"),
  process.argv.slice(2),
);
